# Wrong: one norm over the batch.
def backward_error(J, v, tol):
    exact = torch.linalg.solve(torch.eye(v.shape[1]) - J.mT, v)
    u, k = v, 0
    while True:
        new, k = (J.mT @ u[:, :, None])[:, :, 0] + v, k + 1
        if (new - u).norm() <= tol * v.norm():
            break
        u = new
    return (u - exact).norm(dim=1) / exact.norm(dim=1).clamp_min(1e-300), torch.full((len(v),), float(k))
