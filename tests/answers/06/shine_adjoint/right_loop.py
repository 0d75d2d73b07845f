# Right: term by term.
def shine_adjoint(H, v):
    U, V = H
    u = v.clone()
    for j in range(U.shape[1]):
        u = u - V[:, j] * (U[:, j] * v).sum(1, keepdim=True)
    return u
