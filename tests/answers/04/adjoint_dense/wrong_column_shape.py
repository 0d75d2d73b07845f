# Wrong: returns columns.
def adjoint_dense(J, v):
    n = J.shape[1]
    I = torch.eye(n, dtype=J.dtype)
    return torch.linalg.solve(I - J.mT, v[:, :, None])
