# Wrong: the mean of the partial sums.
def neumann_adjoint(matvec, v, k):
    if k < 0:
        raise ValueError(f"k is {k}")
    u = total = v
    for _ in range(k):
        u = v + matvec(u)
        total = total + u
    return total / (k + 1)
