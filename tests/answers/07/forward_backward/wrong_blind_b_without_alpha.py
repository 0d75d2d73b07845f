# violates: "x solves (I + α (I - W)) x = y + α b"
def forward_backward(W, b, alpha):
    def step(z):
        return torch.relu(z - alpha * (z - z @ W.T - b))

    return step


def peaceman_rachford(W, b, alpha):
    M = (1 + alpha) * torch.eye(len(W), dtype=W.dtype) - alpha * W
    LU, pivots = torch.linalg.lu_factor(M)

    def step(u):
        y = 2 * torch.relu(u) - u
        x = torch.linalg.lu_solve(LU, pivots, (y + b).mT).mT
        return 2 * x - y

    return step
