# Wrong: when good enough it returns f(z), "the better one", and not the last state at which f was called.
def fixed_point_iterate(f, z0, tol=1e-8, max_iter=100):
    z, residuals = z0.clone(), []
    for k in range(max_iter):
        fz = f(z)
        gap = float((fz - z).norm())
        residuals.append(gap / float(fz.norm()) if gap else 0.0)
        if residuals[-1] <= tol:
            return fz, torch.tensor(residuals)
        if k + 1 < max_iter:
            z = fz
    return z, torch.tensor(residuals)
