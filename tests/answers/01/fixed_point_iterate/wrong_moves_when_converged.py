# Wrong: when good enough it returns f(z), "the better one", and not the last state at which f was called.
def fixed_point_iterate(f, z0, tol=1e-8, max_iter=100):
    z, residuals = z0.clone(), []
    for k in range(max_iter):
        fz = f(z)
        gap = (fz - z).norm()
        residuals.append(gap / fz.norm() if gap > 0 else gap)
        if residuals[-1] <= tol:
            return fz, torch.stack(residuals) if residuals else torch.zeros(0)
        if k + 1 < max_iter:
            z = fz
    return z, torch.stack(residuals) if residuals else torch.zeros(0)
