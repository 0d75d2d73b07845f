# Wrong: a series, which diverges for a large J.
def adjoint_dense(J, v):
    n = J.shape[1]
    I = torch.eye(n, dtype=J.dtype)
    u = v
    for _ in range(300):
        u = torch.einsum('bji,bj->bi', J, u) + v
    return u
