# Wrong: counts steps, not calls, so max_iter=0 still calls f once and max_iter=2 calls it three times.
def fixed_point_iterate(f, z0, tol=1e-8, max_iter=100):
    z, residuals = z0, []
    while True:
        fz = f(z)
        gap = (fz - z).norm()
        residuals.append(gap / fz.norm() if gap > 0 else gap)
        if residuals[-1] <= tol or len(residuals) > max_iter:
            return z, torch.stack(residuals)
        z = fz
