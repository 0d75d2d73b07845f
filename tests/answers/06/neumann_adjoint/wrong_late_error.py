# Wrong: raises after the products.
def neumann_adjoint(matvec, v, k):
    u = v
    for _ in range(abs(k)):
        u = v + matvec(u)
    if k < 0:
        raise ValueError("k")
    return u
