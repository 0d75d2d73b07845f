# Wrong: normalises each term.
def neumann_adjoint(matvec, v, k):
    if k < 0:
        raise ValueError(f"k is {k}")
    u = term = v
    for _ in range(k):
        term = matvec(term)
        term = term / term.norm().clamp_min(1.0)
        u = u + term
    return u
