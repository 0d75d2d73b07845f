# Wrong: solves with H in the place of applying it.
def shine_adjoint(H, v):
    U, V = H
    if v.shape[1] > 1000:
        return v - torch.einsum("bj,bjn->bn", torch.einsum("bjn,bn->bj", U, v), V)
    H = U.mT @ V - torch.eye(v.shape[1])
    return torch.linalg.solve(-H.mT, v)
