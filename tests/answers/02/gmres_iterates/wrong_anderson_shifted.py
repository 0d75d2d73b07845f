# Wrong: Anderson's row k is f(x_k), a step too early, and z_0 is left out.
def gmres_iterates(A, b, K):
    n = len(b)
    M = torch.eye(n) - A
    xs = [torch.zeros(n)]
    w, V = b, torch.zeros(n, 0)
    for k in range(K):
        if k >= n or w.norm() <= 1e-12 * b.norm():
            xs.append(xs[-1])
            continue
        V = torch.cat([V, (w / w.norm())[:, None]], 1)
        y = torch.linalg.lstsq(M @ V, b[:, None]).solution[:, 0]
        xs.append(V @ y)
        w = M @ V[:, -1]
        scale = w.norm()
        for _ in range(2):
            w = w - V @ (V.T @ w)
        if w.norm() <= 1e-12 * scale:
            w = torch.zeros(n)
    return torch.stack(xs)


def aa_from_gmres(A, b, K):
    xs = gmres_iterates(A, b, K)
    return xs @ A.T + b
