# Wrong: averages with u: Douglas-Rachford, half as fast.
def forward_backward(W, b, alpha):
    return lambda z: torch.relu(z - alpha * (z - z @ W.T - b))


def peaceman_rachford(W, b, alpha):
    eye = torch.eye(len(W), dtype=W.dtype)
    V = torch.linalg.inv(eye + alpha * (eye - W))
    def step(u):
        y = 2 * torch.relu(u) - u
        return (u + 2 * (y + alpha * b) @ V.T - y) / 2

    return step
