# Wrong: builds I - J in the memory of J.
def adjoint_dense(J, v):
    n = J.shape[1]
    I = torch.eye(n, dtype=J.dtype)
    J.neg_()
    J.diagonal(dim1=1, dim2=2).add_(1)
    return torch.linalg.solve(J.mT, v)
