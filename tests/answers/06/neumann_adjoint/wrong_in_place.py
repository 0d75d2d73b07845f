# Wrong: writes into v.
def neumann_adjoint(matvec, v, k):
    if k < 0:
        raise ValueError(f"k is {k}")
    u, term = v, v.clone()
    for _ in range(k):
        term = matvec(term)
        u += term
    return u
