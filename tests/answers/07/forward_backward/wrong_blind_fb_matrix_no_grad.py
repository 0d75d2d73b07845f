# violates: "with gradients to z, W and b where they require one"
def forward_backward(W, b, alpha):
    with torch.no_grad():  # made once, for all calls
        T = (1 - alpha) * torch.eye(len(W), dtype=W.dtype) + alpha * W
    return lambda z: torch.relu(z @ T.T + alpha * b)


def peaceman_rachford(W, b, alpha):
    M = (1 + alpha) * torch.eye(len(W), dtype=W.dtype) - alpha * W
    LU, pivots = torch.linalg.lu_factor(M)

    def step(u):
        y = 2 * torch.relu(u) - u
        x = torch.linalg.lu_solve(LU, pivots, (y + alpha * b).mT).mT
        return 2 * x - y

    return step
