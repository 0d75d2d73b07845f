# Wrong: builds H.
def shine_adjoint(H, v):
    U, V = H
    H = U.mT @ V - torch.eye(v.shape[1])
    return -(H.mT @ v[:, :, None])[:, :, 0]
