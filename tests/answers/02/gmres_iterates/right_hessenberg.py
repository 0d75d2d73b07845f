# Different: textbook Arnoldi (modified Gram-Schmidt, twice) and the small Hessenberg least-squares problem.
def gmres_iterates(A, b, K):
    n, size = b.numel(), b.norm()
    X = torch.zeros(K + 1, n)
    if size == 0:
        return X
    V, H = torch.zeros(n, n + 1), torch.zeros(n + 1, n)
    V[:, 0] = b / size
    for k in range(1, K + 1):
        j = k - 1
        if j >= n:
            X[k] = X[j]
            continue
        w = V[:, j] - A @ V[:, j]
        start = w.norm()
        for i in [*range(k), *range(k)]:
            part = V[:, i] @ w
            H[i, j] += part
            w = w - part * V[:, i]
        over = w.norm() <= 1e-13 * start
        if not over:
            H[k, j] = w.norm()
            V[:, k] = w / w.norm()
        e1 = torch.zeros(k + 1, 1)
        e1[0] = size
        X[k] = V[:, :k] @ torch.linalg.lstsq(H[: k + 1, :k], e1).solution[:, 0]
        if over:
            X[k:] = X[k]
            break
    return X


def aa_from_gmres(A, b, K):
    X = gmres_iterates(A, b, K)
    Z = torch.zeros(K + 1, b.numel())
    for k in range(K):
        Z[k + 1] = b + A @ X[k]
    return Z
