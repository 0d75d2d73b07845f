# Wrong: writes into v.
def shine_adjoint(H, v):
    U, V = H
    w = torch.einsum("bjn,bn->bj", U, v)
    for j in range(U.shape[1]):
        v -= w[:, j, None] * V[:, j]
    return v
