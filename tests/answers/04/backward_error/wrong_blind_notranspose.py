# Violates: "u_{k+1} = Jᵀ u_k + v" with "J[b, i, j] = ∂f_i/∂z_j" (J in place of its transpose throughout).
def backward_error(J, v, tol):
    A, size = J, v.norm(dim=1)
    exact = torch.linalg.solve(torch.eye(v.shape[1]) - A, v)
    u = v
    done = torch.zeros(len(v), dtype=torch.bool)
    products = torch.zeros(len(v))
    while not done.all():
        new = (A @ u[:, :, None])[:, :, 0] + v
        products = products + (~done).to(products.dtype)
        done = done | ((new - u).norm(dim=1) <= tol * size)
        u = torch.where(done[:, None], u, new)
    error = (u - exact).norm(dim=1) / exact.norm(dim=1)
    return torch.where(size > 0, error, torch.zeros_like(error)), products
