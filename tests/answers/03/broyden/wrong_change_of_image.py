# Wrong: dg is the change of f in place of the change of g = f(z) - z.
def broyden(f, z0, mem=10, tol=1e-8, max_iter=100):
    z, best, old, U, V, residuals = z0, z0, None, [], [], []
    least = z0.new_full((len(z0),), torch.inf)
    while len(residuals) < max_iter and not (least <= tol).all():
        fz = f(z)
        g = fz - z
        residuals.append(torch.where((g == 0).all(1), 0.0, g.norm(dim=1) / fz.norm(dim=1)))
        better = (least > tol) & (residuals[-1] < least)
        best, least = torch.where(better[:, None], z, best), torch.where(better, residuals[-1], least)
        if old is not None:
            U, V = (U, V) if len(U) < mem else ([], [])
            dz, dg = z - old[0], fz - old[1]
            Hdg, v = product(U, V, dg), product(V, U, dz)
            along, size = (dz * Hdg).sum(1, keepdim=True), (dz.norm(dim=1) * Hdg.norm(dim=1))[:, None]
            U, V = [*U, torch.where(along.abs() > 1e-12 * size, (dz - Hdg) / along, 0.0)], [*V, v]
        old, z = (z, fz), z - product(U, V, g)
    return best, torch.stack(residuals)
