# Wrong: -H v.
def shine_adjoint(H, v):
    U, V = H
    return v - torch.einsum("bj,bjn->bn", torch.einsum("bjn,bn->bj", V, v), U)
