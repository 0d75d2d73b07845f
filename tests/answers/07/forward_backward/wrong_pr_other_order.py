# Wrong: reflects in the other order, so that z is not relu(u).
def forward_backward(W, b, alpha):
    return lambda z: torch.relu(z - alpha * (z - z @ W.T - b))


def peaceman_rachford(W, b, alpha):
    eye = torch.eye(len(W), dtype=W.dtype)
    V = torch.linalg.inv(eye + alpha * (eye - W))
    def step(u):
        y = 2 * (u + alpha * b) @ V.T - u
        return 2 * torch.relu(y) - y

    return step
