# Wrong: one more call than residuals, since f is called for the next round before asking whether to stop.
def fixed_point_iterate(f, z0, tol=1e-8, max_iter=100):
    residuals = []
    if max_iter == 0:
        return z0, torch.zeros(0)
    z, fz = z0, f(z0)
    for k in range(max_iter):
        gap = (fz - z).norm()
        residuals.append(gap / fz.norm() if gap > 0 else gap)
        z_next, fz_next = fz, f(fz)
        if residuals[-1] <= tol or k + 1 == max_iter:
            break
        z, fz = z_next, fz_next
    return z, torch.stack(residuals)
