# Wrong: the first sample's Jacobian for all.
def adjoint_dense(J, v):
    n = J.shape[1]
    I = torch.eye(n, dtype=J.dtype)
    return torch.linalg.solve(I - J[0].T, v.T).T
