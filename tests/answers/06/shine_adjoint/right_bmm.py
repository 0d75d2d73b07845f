# Right: batched products.
def shine_adjoint(H, v):
    U, V = H
    return v - (V.mT @ (U @ v[:, :, None]))[:, :, 0]
