# Wrong: inner products over the batch.
def shine_adjoint(H, v):
    U, V = H
    weights = (U * v[:, None]).sum((0, 2))
    return v - (weights[None, :, None] * V).sum(1)
