# Wrong: the root is forgotten, so the residual is squared and the loop stops far too early.
def fixed_point_iterate(f, z0, tol=1e-8, max_iter=100):
    z, residuals = z0, []
    for k in range(max_iter):
        fz = f(z)
        gap = ((fz - z) ** 2).sum()
        residuals.append(gap / (fz**2).sum() if gap > 0 else gap)
        if residuals[-1] <= tol or k + 1 == max_iter:
            break
        z = fz
    return z, torch.stack(residuals) if residuals else torch.zeros(0)
