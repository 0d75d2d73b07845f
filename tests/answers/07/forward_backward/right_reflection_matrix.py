# Right: one product with R = 2 V - I, and b prepared beforehand.
def forward_backward(W, b, alpha):
    G = (1 - alpha) * torch.eye(len(W)) + alpha * W
    return lambda z: torch.nn.functional.relu(z @ G.T + alpha * b)


def peaceman_rachford(W, b, alpha):
    eye = torch.eye(len(W))
    V = torch.linalg.solve(eye + alpha * (eye - W), eye)
    R, c = 2 * V - eye, 2 * alpha * b @ V.T
    return lambda u: (torch.relu(u) + torch.relu(-u)) @ R.T + c
