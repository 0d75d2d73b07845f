# Wrong: starts at zero.
def neumann_adjoint(matvec, v, k):
    if k < 0:
        raise ValueError(f"k is {k}")
    u = torch.zeros_like(v)
    term = v
    for _ in range(k):
        term = matvec(term)
        u = u + term
    return u
