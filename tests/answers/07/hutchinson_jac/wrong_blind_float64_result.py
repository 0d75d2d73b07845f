# violates: "tensor (B,) in z's dtype"
def hutchinson_jac(f, z, n, generator):
    z = z.detach().requires_grad_()
    out = f(z)
    if not out.requires_grad:
        return torch.zeros(len(z), dtype=z.dtype)
    total = torch.zeros(len(z))
    for _ in range(n):
        eps = torch.randn(out.shape, dtype=out.dtype, generator=generator)
        (row,) = torch.autograd.grad(out, z, eps, create_graph=True, allow_unused=True)
        if row is None:
            return total
        total = total + row.flatten(1).square().sum(1)
    return total / n
