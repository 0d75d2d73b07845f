# Violates: "Each sample ... stops by itself at its first u_k" (counts are each sample's own, but u goes on until the last sample is done).
def backward_error(J, v, tol):
    A, size = J.mT, v.norm(dim=1)
    exact = torch.linalg.solve(torch.eye(v.shape[1]) - A, v)
    u = v
    done = torch.zeros(len(v), dtype=torch.bool)
    products = torch.zeros(len(v))
    while True:
        new = (A @ u[:, :, None])[:, :, 0] + v
        products = products + (~done).to(products.dtype)
        done = done | ((new - u).norm(dim=1) <= tol * size)
        if done.all():
            break
        u = new
    error = (u - exact).norm(dim=1) / exact.norm(dim=1)
    return torch.where(size > 0, error, torch.zeros_like(error)), products
