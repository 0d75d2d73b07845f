# violates: "f is called once; each probe is one backward pass through it"
def hutchinson_jac(f, z, n, generator):
    z = z.detach().requires_grad_()
    total = torch.zeros(len(z), dtype=z.dtype)
    for _ in range(n):
        out = f(z)
        if not out.requires_grad:
            return total
        eps = torch.randn(out.shape, dtype=out.dtype, generator=generator)
        (row,) = torch.autograd.grad(out, z, eps, create_graph=True, allow_unused=True)
        if row is None:
            return total
        total = total + row.flatten(1).square().sum(1)
    return total / n
