# Right: the reference is an unroll so long that it makes no difference; g_k from a loss.
def compare_gradients(cell, x, K):
    params = [p for p in cell.parameters() if p.requires_grad]
    def grad(steps):
        z = torch.zeros_like(x)
        for _ in range(steps):
            z = cell(z, x)
        grads = torch.autograd.grad(z.square().sum() / 2, params, allow_unused=True)
        return torch.cat([(p * 0 if g is None else g).detach().flatten() for p, g in zip(params, grads)])
    g = grad(900)
    return torch.tensor([((grad(k + 1) - g).norm() / g.norm()).item() for k in range(K)])
