# Violates: "error = ‖u_k - u‖ / ‖u‖, u the exact adjoint, and 0 where v = 0" (0/0 there).
def backward_error(J, v, tol):
    A, size = J.mT, v.norm(dim=1)
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
    return error, products
