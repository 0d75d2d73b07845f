# Violates: "your code leaves its inputs ... alone" (J becomes I - J in the caller's tensor).
def adjoint_dense(J, v):
    A = J.neg_()
    A.diagonal(dim1=1, dim2=2).add_(1)
    return torch.linalg.solve(A.mT, v)
