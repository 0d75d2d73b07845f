# Wrong: with the calls used up it moves on once more, so z was never measured and residuals[-1] is not its own.
def fixed_point_iterate(f, z0, tol=1e-8, max_iter=100):
    z, residuals = z0, []
    for _ in range(max_iter):
        fz = f(z)
        gap = (fz - z).norm()
        residuals.append(gap / fz.norm() if gap > 0 else gap)
        if residuals[-1] <= tol:
            break
        z = fz
    return z, torch.stack(residuals) if residuals else torch.zeros(0)
