# Wrong: takes a negative k for 0.
def neumann_adjoint(matvec, v, k):
    u = v
    for _ in range(k):
        u = v + matvec(u)
    return u
