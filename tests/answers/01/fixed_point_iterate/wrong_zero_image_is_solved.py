# Wrong: guards the denominator, not the gap, so f(z) = 0 at z ≠ 0 counts as converged (it should be inf).
def fixed_point_iterate(f, z0, tol=1e-8, max_iter=100):
    z, residuals = z0, []
    for k in range(max_iter):
        fz = f(z)
        size = fz.norm().item()
        residuals.append((fz - z).norm().item() / size if size > 0 else 0.0)
        if residuals[-1] <= tol or k + 1 == max_iter:
            break
        z = fz
    return z, torch.tensor(residuals)
