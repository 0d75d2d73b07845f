# Wrong: Hᵀ v.
def shine_adjoint(H, v):
    U, V = H
    return torch.einsum("bj,bjn->bn", torch.einsum("bjn,bn->bj", U, v), V) - v
