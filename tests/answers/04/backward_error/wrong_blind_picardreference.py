# Violates: "u the exact adjoint" (the reference is itself a Picard result, wrong by about 1e-12 at a rate of 0.95).
def backward_error(J, v, tol):
    A, size = J.mT, v.norm(dim=1)
    exact = picard_adjoint(lambda u: (A @ u[:, :, None])[:, :, 0], v)
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
