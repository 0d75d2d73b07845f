# Violates: "Each sample ... stops by itself at its first u_k with ‖Jᵀ u_k + v - u_k‖ <= tol ‖v‖" (norms taken over the whole batch).
def backward_error(J, v, tol):
    A, size = J.mT, v.norm().expand(len(v))
    exact = torch.linalg.solve(torch.eye(v.shape[1]) - A, v)
    u = v
    done = torch.zeros(len(v), dtype=torch.bool)
    products = torch.zeros(len(v))
    while not done.all():
        new = (A @ u[:, :, None])[:, :, 0] + v
        products = products + (~done).to(products.dtype)
        done = done | ((new - u).norm() <= tol * size)
        u = torch.where(done[:, None], u, new)
    error = (u - exact).norm(dim=1) / exact.norm(dim=1)
    return torch.where(v.norm(dim=1) > 0, error, torch.zeros_like(error)), products
