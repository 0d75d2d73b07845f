# Right: the gradient at the equilibrium by a very long unroll
def unroll_gap(cell, x, Ks):
    y = x.detach().clone().requires_grad_()
    z, kept = torch.zeros_like(y), {}
    for k in range(1, 801):
        z = cell(z, y)
        if k in Ks or k == 800:
            kept[k] = (z.detach(), torch.autograd.grad(z.square().sum() / 2, y, retain_graph=True)[0])
    size = lambda t: torch.linalg.vector_norm(t, dim=1)
    gap = lambda i: torch.stack([size(kept[K][i] - kept[800][i]) / size(kept[800][i]) for K in Ks])
    return gap(0), gap(1)
