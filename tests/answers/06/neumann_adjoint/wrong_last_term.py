# Wrong: the last term alone.
def neumann_adjoint(matvec, v, k):
    if k < 0:
        raise ValueError(f"k is {k}")
    for _ in range(k):
        v = matvec(v)
    return v
