# Wrong: an equilibrium of 50 steps
def unroll_gap(cell, x, Ks):
    x = x.detach().requires_grad_()
    z = torch.zeros_like(x)
    leaf = iterate(lambda z: cell(z, x).detach(), z, max_calls=50)[0].detach().requires_grad_()
    fz, star = cell(leaf, x), leaf.detach()
    u = iterate(lambda u: torch.autograd.grad(fz, leaf, u, retain_graph=True)[0] + star, star)[0]
    (g,) = torch.autograd.grad(fz, x, u)
    rows = {}
    for k in range(1, max(Ks) + 1):
        z = cell(z, x)
        (g_k,) = torch.autograd.grad(z.square().sum() / 2, x, retain_graph=True)
        rows[k] = [(a - b).norm(dim=1) / b.norm(dim=1) for a, b in ((z.detach(), star), (g_k, g))]
    return torch.stack([rows[K][0] for K in Ks]), torch.stack([rows[K][1] for K in Ks])
