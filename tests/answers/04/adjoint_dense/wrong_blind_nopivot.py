# Violates: "I - J is invertible, and J may be large" (elimination without pivoting: nan or noise where a pivot is 0 or small).
def adjoint_dense(J, v):
    n = v.shape[1]
    A = torch.eye(n) - J.transpose(1, 2)
    A = torch.cat([A, v[:, :, None]], dim=2)
    for i in range(n):
        for j in range(i + 1, n):
            A[:, j] = A[:, j] - (A[:, j, i] / A[:, i, i])[:, None] * A[:, i]
    u = torch.zeros_like(v)
    for i in reversed(range(n)):
        rest = (A[:, i, i + 1 : n] * u[:, i + 1 :]).sum(dim=1)
        u[:, i] = (A[:, i, n] - rest) / A[:, i, i]
    return u
