# Wrong: an eps of 1e-12 in the denominator; too small to see on a state of size 1, but habit 3 allows none.
def fixed_point_iterate(f, z0, tol=1e-8, max_iter=100):
    z, residuals = z0, []
    for k in range(max_iter):
        fz = f(z)
        residuals.append((fz - z).norm() / (fz.norm() + 1e-12))
        if residuals[-1] <= tol or k + 1 == max_iter:
            break
        z = fz
    return z, torch.stack(residuals) if residuals else torch.zeros(0)
