# Wrong: each term meets what the others have left.
def shine_adjoint(H, v):
    U, V = H
    u = v
    for j in range(U.shape[1]):
        u = u - V[:, j] * (U[:, j] * u).sum(1, keepdim=True)
    return u
