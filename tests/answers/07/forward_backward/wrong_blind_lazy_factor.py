# violates: "It is factored or inverted HERE, once: nothing is factored, inverted or solved from scratch when the map is called."
def forward_backward(W, b, alpha):
    def step(z):
        return torch.relu(z - alpha * (z - z @ W.T - b))

    return step


def peaceman_rachford(W, b, alpha):
    M = (1 + alpha) * torch.eye(len(W), dtype=W.dtype) - alpha * W
    factors = []

    def step(u):
        if not factors:
            factors.extend(torch.linalg.lu_factor(M))
        y = 2 * torch.relu(u) - u
        x = torch.linalg.lu_solve(*factors, (y + alpha * b).mT).mT
        return 2 * x - y

    return step
