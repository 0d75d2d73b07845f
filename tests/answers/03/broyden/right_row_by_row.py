# Different: only f sees the batch; each row has its own list of terms, and a skipped term is None but takes its place.
def broyden(f, z0, mem=10, tol=1e-8, max_iter=100):
    size = len(z0)
    z, table = z0, []
    best, least, terms = list(z0), [math.inf] * size, [[] for _ in range(size)]
    before = None
    while len(table) < max_iter and any(r > tol for r in least):
        fz = f(z)
        g, r, steps = fz - z, [], []
        for i in range(size):
            r.append(g[i].norm() / fz[i].norm() if (g[i] != 0).any() else g[i].new_zeros(()))
            if least[i] > tol and r[i].item() < least[i]:
                best[i], least[i] = z[i], r[i].item()
            if before is not None:
                if len(terms[i]) == mem:
                    terms[i] = []
                held = [t for t in terms[i] if t is not None]
                dz, dg = z[i] - before[0][i], g[i] - before[1][i]
                Hdg = sum((u * (v @ dg) for u, v in held), -dg)
                row = sum((v * (u @ dz) for u, v in held), -dz)
                along = dz @ Hdg
                fine = along.abs() > 1e-12 * dz.norm() * Hdg.norm()
                terms[i].append(((dz - Hdg) / along, row) if fine else None)
            steps.append(sum((t[0] * (t[1] @ g[i]) for t in terms[i] if t is not None), -g[i]))
        table.append(torch.stack(r))
        before, z = (z, g), z - torch.stack(steps)
    return torch.stack(best), torch.stack(table)
