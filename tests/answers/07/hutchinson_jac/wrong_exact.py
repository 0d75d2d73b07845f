# Wrong: the exact norm from all rows of J: no probes, and a backward pass for each entry.
def hutchinson_jac(f, z, n, generator):
    z = z.detach().requires_grad_()
    fz = f(z)
    total = torch.zeros(len(z), dtype=z.dtype)
    if not fz.requires_grad:
        return total
    flat = fz.flatten(1)
    for j in range(flat.shape[1]):
        (row,) = torch.autograd.grad(flat[:, j].sum(), z, create_graph=True, allow_unused=True, materialize_grads=True)
        total = total + row.flatten(1).square().sum(1)
    return total + 0 * torch.rand((), generator=generator)
