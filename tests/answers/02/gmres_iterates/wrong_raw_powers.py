# Wrong: raw powers M^j b and normal equations; later iterates drown in rounding.
def gmres_iterates(A, b, K):
    n = len(b)
    M = torch.eye(n) - A
    powers, xs = [b], [torch.zeros(n)]
    for k in range(K):
        if k >= n:
            xs.append(xs[-1])
            continue
        V = torch.stack(powers, 1)
        N = (M @ V).T @ (M @ V)
        xs.append(V @ (torch.linalg.pinv(N) @ ((M @ V).T @ b)))
        powers.append(M @ powers[-1])
    return torch.stack(xs)


def aa_from_gmres(A, b, K):
    xs = gmres_iterates(A, b, K)
    return torch.cat([torch.zeros(1, len(b)), xs[:K] @ A.T + b])
