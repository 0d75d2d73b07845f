# Violates: "J ... of spectral radius below 1", "stops by itself at its first u_k with ..." (gives up after 300 products).
def backward_error(J, v, tol):
    A, size = J.mT, v.norm(dim=1)
    exact = torch.linalg.solve(torch.eye(v.shape[1]) - A, v)
    u = v
    done = torch.zeros(len(v), dtype=torch.bool)
    products = torch.zeros(len(v))
    for _ in range(300):
        new = (A @ u[:, :, None])[:, :, 0] + v
        products = products + (~done).to(products.dtype)
        done = done | ((new - u).norm(dim=1) <= tol * size)
        u = torch.where(done[:, None], u, new)
    error = (u - exact).norm(dim=1) / exact.norm(dim=1)
    return torch.where(size > 0, error, torch.zeros_like(error)), products
