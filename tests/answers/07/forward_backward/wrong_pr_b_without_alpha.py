# Wrong: Peaceman-Rachford with b in the place of α b.
def forward_backward(W, b, alpha):
    return lambda z: torch.relu(z - alpha * (z - z @ W.T - b))


def peaceman_rachford(W, b, alpha):
    eye = torch.eye(len(W), dtype=W.dtype)
    V = torch.linalg.inv(eye + alpha * (eye - W))
    def step(u):
        y = 2 * torch.relu(u) - u
        return 2 * (y + b) @ V.T - y

    return step
