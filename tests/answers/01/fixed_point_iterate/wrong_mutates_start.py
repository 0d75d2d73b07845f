# Wrong: moves on with copy_, in place, and so overwrites the caller's z0.
def fixed_point_iterate(f, z0, tol=1e-8, max_iter=100):
    z, residuals = z0, []
    for k in range(max_iter):
        fz = f(z)
        gap = (fz - z).norm()
        residuals.append(gap / fz.norm() if gap > 0 else gap)
        if residuals[-1] <= tol or k + 1 == max_iter:
            break
        z.copy_(fz)
    return z, torch.stack(residuals) if residuals else torch.zeros(0)
