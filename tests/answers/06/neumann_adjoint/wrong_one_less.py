# Wrong: k terms.
def neumann_adjoint(matvec, v, k):
    if k < 0:
        raise ValueError(f"k is {k}")
    u = v
    for _ in range(k - 1):
        u = v + matvec(u)
    return u
