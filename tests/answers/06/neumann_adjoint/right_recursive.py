# Right: u_k = v + Jᵀ u_{k-1}, by recursion.
def neumann_adjoint(matvec, v, k):
    if k < 0:
        raise ValueError(f"k is {k}")
    if k == 0:
        return v.clone()
    return v + matvec(neumann_adjoint(matvec, v, k - 1))
