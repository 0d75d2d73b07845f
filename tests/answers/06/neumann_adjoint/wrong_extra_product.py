# Wrong: a product to measure the residual.
def neumann_adjoint(matvec, v, k):
    if k < 0:
        raise ValueError(f"k is {k}")
    u = v
    for _ in range(k):
        u = v + matvec(u)
    residual = matvec(u) + v - u
    return u
