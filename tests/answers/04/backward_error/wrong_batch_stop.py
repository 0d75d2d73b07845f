# Wrong: goes on until the slowest sample is done.
def backward_error(J, v, tol):
    exact = torch.linalg.solve(torch.eye(v.shape[1]) - J.mT, v)
    u, k = v, 0
    while True:
        new, k = (J.mT @ u[:, :, None])[:, :, 0] + v, k + 1
        if ((new - u).norm(dim=1) <= tol * v.norm(dim=1)).all():
            break
        u = new
    size = exact.norm(dim=1)
    return torch.where(size > 0, (u - exact).norm(dim=1) / torch.where(size > 0, size, 1.0), 0.0), torch.full((len(v),), float(k))
