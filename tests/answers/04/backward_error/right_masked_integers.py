# Right: all samples together with a mask; counts kept as whole numbers and given back as floats.
def backward_error(J, v, tol):
    B, n = v.shape
    u, live, count = v.clone(), torch.ones(B, dtype=torch.bool), torch.zeros(B, dtype=torch.int64)
    bound = tol * v.norm(dim=1)
    while live.any():
        nxt = torch.einsum("bji,bj->bi", J, u) + v
        count[live] += 1
        live &= (nxt - u).norm(dim=1) > bound
        u[live] = nxt[live]
    exact = (v[:, None] @ torch.linalg.inv(torch.eye(n) - J))[:, 0]
    gap, size = (u - exact).norm(dim=1), exact.norm(dim=1)
    return torch.where(size == 0, gap, gap / size.clamp_min(1e-300)), count.double()
