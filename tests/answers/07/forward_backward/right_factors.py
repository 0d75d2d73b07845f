# Right: LU factors, and the maps written with F = I - W.
def forward_backward(W, b, alpha):
    F = torch.eye(len(W), dtype=W.dtype) - W

    def f(z):
        return (z + alpha * b - alpha * torch.einsum("ij,bj->bi", F, z)).clamp(min=0)

    return f


def peaceman_rachford(W, b, alpha):
    M = (1 + alpha) * torch.eye(len(W), dtype=W.dtype) - alpha * W
    LU, pivots = torch.linalg.lu_factor(M)

    def step(u):
        y = u.abs()  # 2 relu(u) - u
        return 2 * torch.linalg.lu_solve(LU, pivots, (y + alpha * b).mT).mT - y

    return step
