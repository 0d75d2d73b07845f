# Wrong: the norm of f(z) is raised to at least 1, so small solutions are measured absolutely.
def newton_fixed_point(f, z0, tol=1e-10, max_iter=20):
    z, residuals, eye = z0, [], torch.eye(len(z0), dtype=z0.dtype)
    while True:
        fz = f(z)
        gap = (fz - z).norm()
        residuals.append(gap / fz.norm().clamp(min=1) if gap > 0 else gap)
        if residuals[-1] <= tol or len(residuals) > max_iter:
            return z, torch.stack(residuals)
        J = torch.func.jacrev(f)(z)
        z = z + torch.linalg.solve(eye - J, fz - z)
