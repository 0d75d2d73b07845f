# Wrong: the last term alone.
def shine_adjoint(H, v):
    U, V = H
    if U.shape[1] == 0:
        return v
    return v - V[:, -1] * (U[:, -1] * v).sum(1, keepdim=True)
