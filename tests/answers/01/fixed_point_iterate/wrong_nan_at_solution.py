# Wrong: no case for f(z) = z, so a start at the fixed point 0 gives 0/0 = NaN instead of 0.
def fixed_point_iterate(f, z0, tol=1e-8, max_iter=100):
    z, residuals = z0, []
    for k in range(max_iter):
        fz = f(z)
        residuals.append((fz - z).norm() / fz.norm())
        if residuals[-1] <= tol or k + 1 == max_iter:
            break
        z = fz
    return z, torch.stack(residuals) if residuals else torch.zeros(0)
