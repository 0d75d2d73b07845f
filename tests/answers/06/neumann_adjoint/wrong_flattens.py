# Wrong: flattens the state.
def neumann_adjoint(matvec, v, k):
    if k < 0:
        raise ValueError(f"k is {k}")
    u = v.flatten(1)
    for _ in range(k):
        u = v.flatten(1) + matvec(u.view_as(v)).flatten(1)
    return u
