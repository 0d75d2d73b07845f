# "with z* and g right to 1e-9" (z* is; g stops after 200 terms of its series, and 0.95^200 is 3e-5)
def unroll_gap(cell, x, Ks):
    x = x.detach().clone().requires_grad_()
    z = iterate(lambda s: cell(s, x).detach(), torch.zeros_like(x))[0].detach()
    v = z.clone()
    z.requires_grad_()
    fz = cell(z, x)
    u = iterate(lambda u: torch.autograd.grad(fz, z, u, retain_graph=True)[0] + v, torch.zeros_like(v), max_calls=200)[0]
    (g,) = torch.autograd.grad(fz, x, u)

    def row(K):
        z_K = torch.zeros_like(x)
        for _ in range(K):
            z_K = cell(z_K, x)
        (g_K,) = torch.autograd.grad(z_K.square().sum() / 2, x)
        return (z_K.detach() - v).norm(dim=1) / v.norm(dim=1), (g_K - g).norm(dim=1) / g.norm(dim=1)

    rows = [row(K) for K in Ks]
    output, gradient = zip(*rows)
    return torch.stack(output), torch.stack(gradient)
