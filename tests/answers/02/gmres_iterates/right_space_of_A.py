# Different: the same space from powers of A instead of M (they span the same), kept orthonormal by QR.
def gmres_iterates(A, b, K):
    M = torch.eye(len(b)) - A
    rows, V, new = [torch.zeros_like(b)], None, b
    for _ in range(K):
        if V is not None:
            for _ in range(2):
                new = new - V @ (V.T @ new)
        full = V is not None and (V.shape[1] == len(b) or new.norm() < 1e-13 * (A @ V[:, -1]).norm())
        if full or not new.any():
            rows.append(rows[-1])
            continue
        column = (new / new.norm())[:, None]
        V = column if V is None else torch.cat([V, column], dim=1)
        Q, R = torch.linalg.qr(M @ V)
        y = torch.linalg.solve_triangular(R, (Q.T @ b)[:, None], upper=True)[:, 0]
        rows.append(V @ y)
        new = A @ V[:, -1]
    return torch.stack(rows)


def aa_from_gmres(A, b, K):
    zs = [torch.zeros_like(b)]
    for x in gmres_iterates(A, b, max(K - 1, 0))[:K]:
        zs.append(A @ x + b)
    return torch.stack(zs)
