# Wrong: sums in the default dtype.
def neumann_adjoint(matvec, v, k):
    if k < 0:
        raise ValueError(f"k is {k}")
    u = torch.zeros(v.shape)
    term = v
    for i in range(k + 1):
        u = u + term
        if i < k:
            term = matvec(term)
    return u
