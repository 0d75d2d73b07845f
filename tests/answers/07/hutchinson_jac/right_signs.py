# Right: probes of ±1.
def hutchinson_jac(f, z, n, generator):
    at = z.detach().clone().requires_grad_(True)
    with torch.enable_grad():
        out = f(at)
    sizes = []
    for _ in range(n):
        signs = torch.randint(0, 2, at.shape, generator=generator).to(at.dtype) * 2 - 1
        row = torch.autograd.grad((out * signs).sum(), at, create_graph=True, allow_unused=True)[0] if out.requires_grad else None
        sizes.append(at.new_zeros(len(at)) if row is None else (row**2).reshape(len(at), -1).sum(1))
    return torch.stack(sizes).mean(0)
