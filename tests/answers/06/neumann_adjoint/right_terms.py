# Right: term and sum apart.
def neumann_adjoint(matvec, v, k):
    if k < 0:
        raise ValueError(f"k is {k}")
    total = term = v
    for _ in range(k):
        term = matvec(term)
        total = total + term
    return total
