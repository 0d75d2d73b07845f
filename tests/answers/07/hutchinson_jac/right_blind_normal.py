# right: normal probes drawn together up front, unused inputs found by hand
def hutchinson_jac(f, z, n, generator):
    x = z.detach().requires_grad_(True)
    out = f(x)
    total = z.new_zeros(z.shape[0])
    if out.grad_fn is None and out is not x:
        return total
    probes = torch.empty(n, *out.shape, dtype=out.dtype).normal_(generator=generator)
    for eps in probes:
        g = torch.autograd.grad([out], [x], [eps], create_graph=True, retain_graph=True, allow_unused=True)[0]
        if g is None:
            return total
        g = g.reshape(len(g), -1)
        total = total + torch.einsum("bi,bi->b", g, g)
    return total / n
