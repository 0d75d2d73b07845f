# violates: "generator: torch.Generator that all probes are drawn from" (its state never moves: each call draws the same probes)
def hutchinson_jac(f, z, n, generator):
    z = z.detach().requires_grad_()
    own = torch.Generator().manual_seed(generator.initial_seed())
    out = f(z)
    if not out.requires_grad:
        return torch.zeros(len(z), dtype=z.dtype)
    total = torch.zeros(len(z), dtype=z.dtype)
    for _ in range(n):
        eps = torch.randn(out.shape, dtype=out.dtype, generator=own)
        (row,) = torch.autograd.grad(out, z, eps, create_graph=True, allow_unused=True)
        if row is None:
            return total
        total = total + row.flatten(1).square().sum(1)
    return total / n
