# Wrong: stops when a term is small.
def neumann_adjoint(matvec, v, k):
    if k < 0:
        raise ValueError(f"k is {k}")
    u = term = v
    for _ in range(k):
        term = matvec(term)
        u = u + term
        if term.norm() <= 1e-12 * u.norm():
            break
    return u
