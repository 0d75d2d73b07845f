# Wrong: an eps in the denominator against 0/0, so a tiny state looks converged (habit 3).
def fixed_point_iterate(f, z0, tol=1e-8, max_iter=100):
    z, residuals = z0, []
    for k in range(max_iter):
        fz = f(z)
        residuals.append((fz - z).norm() / (fz.norm() + 1e-8))
        if residuals[-1] <= tol or k + 1 == max_iter:
            break
        z = fz
    return z, torch.stack(residuals) if residuals else torch.zeros(0)
