# violates: "Entries of ε are independent, between samples too"
def hutchinson_jac(f, z, n, generator):
    z = z.detach().requires_grad_()
    out = f(z)
    if not out.requires_grad:
        return torch.zeros(len(z), dtype=z.dtype)
    total = torch.zeros(len(z), dtype=z.dtype)
    for _ in range(n):
        eps = torch.randn(out.shape[1:], dtype=out.dtype, generator=generator).expand_as(out)
        (row,) = torch.autograd.grad(out, z, eps, create_graph=True, allow_unused=True)
        if row is None:
            return total
        total = total + row.flatten(1).square().sum(1)
    return total / n
