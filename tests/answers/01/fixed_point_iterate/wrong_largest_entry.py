# Wrong: the largest entry stands in for the norm.
def fixed_point_iterate(f, z0, tol=1e-8, max_iter=100):
    z, residuals = z0, []
    for k in range(max_iter):
        fz = f(z)
        gap = (fz - z).abs().max()
        residuals.append(gap / fz.abs().max() if gap > 0 else gap)
        if residuals[-1] <= tol or k + 1 == max_iter:
            break
        z = fz
    return z, torch.stack(residuals) if residuals else torch.zeros(0)
