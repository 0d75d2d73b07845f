# Wrong: the residual is absolute, so it changes when the state is measured in other units.
def fixed_point_iterate(f, z0, tol=1e-8, max_iter=100):
    z, residuals = z0, []
    for k in range(max_iter):
        fz = f(z)
        residuals.append((fz - z).norm())
        if residuals[-1] <= tol or k + 1 == max_iter:
            break
        z = fz
    return z, torch.stack(residuals) if residuals else torch.zeros(0)
