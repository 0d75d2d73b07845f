# Wrong: the sign of the terms.
def shine_adjoint(H, v):
    U, V = H
    return v + torch.einsum("bj,bjn->bn", torch.einsum("bjn,bn->bj", U, v), V)
