# Wrong: the sign of the result.
def adjoint_dense(J, v):
    n = J.shape[1]
    I = torch.eye(n, dtype=J.dtype)
    return torch.linalg.solve(J.mT - I, v)
