# Wrong: returns the state of the smallest residual, not the last one; when it diverges, residuals[-1] is not its own.
def fixed_point_iterate(f, z0, tol=1e-8, max_iter=100):
    z, best, residuals = z0, z0, []
    for _ in range(max_iter):
        fz = f(z)
        gap = (fz - z).norm()
        residuals.append(gap / fz.norm() if gap > 0 else gap)
        if residuals[-1] <= min(residuals):
            best = z
        if residuals[-1] <= tol:
            break
        z = fz
    return best, torch.stack(residuals) if residuals else torch.zeros(0)
