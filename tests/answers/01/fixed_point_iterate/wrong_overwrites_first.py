# Wrong: z is overwritten before the residual is taken, so every residual is that of a tensor with itself.
def fixed_point_iterate(f, z0, tol=1e-8, max_iter=100):
    z, residuals = z0, []
    for _ in range(max_iter):
        z = f(z)
        fz = z
        gap = (fz - z).norm()
        residuals.append(gap / fz.norm() if gap > 0 else gap)
        if residuals[-1] <= tol:
            break
    return z, torch.stack(residuals) if residuals else torch.zeros(0)
