# Wrong: minimises over the newest residual alone, x + c r, and not over the whole space.
def gmres_iterates(A, b, K):
    M = torch.eye(len(b)) - A
    xs = [torch.zeros(len(b))]
    for _ in range(K):
        r = b - M @ xs[-1]
        Mr = M @ r
        size = Mr @ Mr
        xs.append(xs[-1] + ((Mr @ r) / size * r if size > 0 else 0 * r))
    return torch.stack(xs)


def aa_from_gmres(A, b, K):
    f = lambda x: A @ x + b
    return torch.stack([torch.zeros(len(b)), *(f(x) for x in gmres_iterates(A, b, K)[:K])])
