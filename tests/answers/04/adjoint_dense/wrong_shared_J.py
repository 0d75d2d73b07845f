# Wrong: the mean Jacobian of the batch for all.
def adjoint_dense(J, v):
    n = J.shape[1]
    I = torch.eye(n, dtype=J.dtype)
    return torch.linalg.solve(I - J.mean(0).T, v.T).T
