# Wrong: drops terms that grow.
def neumann_adjoint(matvec, v, k):
    if k < 0:
        raise ValueError(f"k is {k}")
    u = term = v
    for _ in range(k):
        new = matvec(term)
        if new.norm() > 2 * term.norm():
            break
        term = new
        u = u + term
    return u
