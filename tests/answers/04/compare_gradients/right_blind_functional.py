# right: torch.func on copies of the trainable parameters; g from an unroll of 1,500 steps, where 0.95^1500 is below rounding
def compare_gradients(cell, x, K):
    train = {name: p.detach().clone() for name, p in cell.named_parameters() if p.requires_grad}

    def loss(weights, steps):
        z = torch.zeros_like(x)
        for _ in range(steps):
            z = torch.func.functional_call(cell, weights, (z, x))
        return 0.5 * (z * z).sum()

    def vector(steps):
        grads = torch.func.grad(loss)(train, steps)
        return torch.cat([grads[name].detach().flatten() for name in train])

    g = vector(1500)
    return torch.stack([torch.dist(vector(k), g) for k in range(1, K + 1)]).detach() / g.norm()
