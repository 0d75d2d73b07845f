# Wrong: the reference is an unroll of 60 steps.
def compare_gradients(cell, x, K):
    params = [p for p in cell.parameters() if p.requires_grad]
    def grad(steps):
        z = torch.zeros_like(x)
        for _ in range(steps):
            z = cell(z, x)
        return torch.cat([g.flatten() for g in torch.autograd.grad(z.square().sum() / 2, params, materialize_grads=True, allow_unused=True)])
    g = grad(60)
    return torch.stack([(grad(k) - g).norm() / g.norm() for k in range(1, K + 1)])
