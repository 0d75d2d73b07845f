# Wrong: calls f once to measure and once more to move, twice the bill for the same residuals.
def fixed_point_iterate(f, z0, tol=1e-8, max_iter=100):
    def residual(z):
        gap = (f(z) - z).norm()
        return gap / f(z).norm() if gap > 0 else gap

    z, residuals = z0, []
    for k in range(max_iter):
        residuals.append(residual(z))
        if residuals[-1] <= tol or k + 1 == max_iter:
            break
        z = f(z)
    return z, torch.stack(residuals) if residuals else torch.zeros(0)
