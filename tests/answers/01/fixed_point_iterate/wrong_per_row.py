# Wrong: the norm runs over the last dimension only and the worst row counts; one state has one norm over all entries.
def fixed_point_iterate(f, z0, tol=1e-8, max_iter=100):
    z, residuals = z0, []
    for k in range(max_iter):
        fz = f(z)
        gap = torch.linalg.vector_norm(fz - z, dim=-1)
        size = torch.linalg.vector_norm(fz, dim=-1)
        residuals.append(torch.where(gap > 0, gap / size, gap).max())
        if residuals[-1] <= tol or k + 1 == max_iter:
            break
        z = fz
    return z, torch.stack(residuals) if residuals else torch.zeros(0)
