# Wrong: a ridge in the normal equations.
def adjoint_dense(J, v):
    n = J.shape[1]
    I = torch.eye(n, dtype=J.dtype)
    A = I - J.mT
    return torch.linalg.solve(A.mT @ A + 1e-8 * I, (A.mT @ v[:, :, None])[:, :, 0])
