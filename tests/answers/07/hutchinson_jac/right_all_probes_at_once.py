# Right: all probes drawn first, in one tensor.
def hutchinson_jac(f, z, n, generator):
    z = z.detach().requires_grad_()
    fz = f(z)
    if not fz.requires_grad:
        return torch.zeros(len(z), dtype=z.dtype)
    probes = torch.randn((n, *z.shape), dtype=z.dtype, generator=generator)
    rows = [torch.autograd.grad(fz, z, e, create_graph=True, allow_unused=True, materialize_grads=True)[0] for e in probes]
    return torch.stack(rows).square().flatten(2).sum(2).mean(0)
