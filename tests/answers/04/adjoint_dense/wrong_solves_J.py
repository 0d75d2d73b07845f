# Wrong: forgets the identity.
def adjoint_dense(J, v):
    n = J.shape[1]
    I = torch.eye(n, dtype=J.dtype)
    return torch.linalg.solve(J.mT + 0 * I, v)
