# Different: a dense H for every row by itself, rows advanced one at a time.
def broyden(f, z0, mem=10, tol=1e-8, max_iter=100):
    B, n = z0.shape
    z, H, held, last = z0.clone(), [-torch.eye(n) for _ in range(B)], 0, None
    best, least, rows = z0.clone(), [math.inf] * B, []
    for _ in range(max_iter):
        fz = f(z)
        if last is not None and held == mem:
            H, held = [-torch.eye(n) for _ in range(B)], 0
        held += last is not None
        new, row = z.clone(), []
        for i in range(B):
            g = fz[i] - z[i]
            r = 0.0 if not g.any() else (g.norm() / fz[i].norm()).item()
            row.append(r)
            if least[i] > tol and r < least[i]:
                least[i], best[i] = r, z[i]
            if last is not None:
                dz, dg = z[i] - last[0][i], g - (last[1][i] - last[0][i])
                h = H[i] @ dg
                if (dz @ h).abs() > 1e-12 * dz.norm() * h.norm():
                    H[i] = H[i] + torch.outer((dz - h) / (dz @ h), dz @ H[i])
            new[i] = z[i] - H[i] @ g
        rows.append(row)
        if all(r <= tol for r in least):
            break
        last, z = (z, fz), new
    return best, torch.tensor(rows)
