# Wrong: u ← u + Jᵀ u.
def neumann_adjoint(matvec, v, k):
    if k < 0:
        raise ValueError(f"k is {k}")
    u = v
    for _ in range(k):
        u = u + matvec(u)
    return u
