# right: one QR factorization for each sample, I - J = Q R, so Rᵀ (Qᵀ u) = v
def adjoint_dense(J, v):
    rows = []
    for matrix, right in zip(J, v):
        Q, R = torch.linalg.qr(torch.eye(len(right), dtype=J.dtype) - matrix)
        y = torch.linalg.solve_triangular(R.T, right[:, None], upper=False)
        rows.append((Q @ y)[:, 0])
    return torch.stack(rows)
