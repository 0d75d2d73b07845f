# Wrong: divides by n - 1.
def hutchinson_jac(f, z, n, generator):
    z = z.detach().requires_grad_()
    fz = f(z)
    total = torch.zeros(len(z), dtype=z.dtype)
    if not fz.requires_grad:
        return total
    for _ in range(n):
        eps = torch.randn(z.shape, dtype=z.dtype, generator=generator)
        (row,) = torch.autograd.grad(fz, z, eps, create_graph=True, allow_unused=True, materialize_grads=True)
        total = total + row.flatten(1).square().sum(1)
    return total / max(1, n - 1)
