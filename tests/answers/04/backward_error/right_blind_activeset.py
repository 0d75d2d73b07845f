# right: only the samples still going are kept in the working set; the error is found from the residual, u - u_k = (I - Jᵀ)^-1 r
def backward_error(J, v, tol):
    n = v.shape[1]
    limit = tol * torch.linalg.vector_norm(v, dim=1)
    residual = torch.empty_like(v)
    products = torch.zeros(len(v), dtype=torch.int64)
    going, u, count = torch.arange(len(v)), v.clone(), 0
    while len(going):
        r = torch.einsum("bji,bj->bi", J[going], u) + v[going] - u
        count += 1
        good = torch.linalg.vector_norm(r, dim=1) <= limit[going]
        residual[going[good]] = r[good]
        products[going[good]] = count
        going, u = going[~good], (u + r)[~good]
    both = torch.stack([residual, v], dim=2)
    left, full = torch.linalg.solve(torch.eye(n, dtype=J.dtype) - J.mT, both).norm(dim=1).unbind(dim=1)
    return torch.where(full == 0, 0.0, left / full), products
