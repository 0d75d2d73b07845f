# right: probes of signs, a scalar (ε · f) per probe, a zero edge to z in place of allow_unused
def hutchinson_jac(f, z, n, generator):
    with torch.enable_grad():
        at = z.detach().clone().requires_grad_()
        value = f(at) + 0 * at
        sizes = []
        for _ in range(n):
            coins = torch.randint(0, 2, value.shape, generator=generator, device=z.device)
            dot = (value * (2 * coins - 1).to(value.dtype)).sum()
            (row,) = torch.autograd.grad(dot, at, create_graph=True)
            sizes.append(row.reshape(len(z), -1).pow(2).sum(1))
        return torch.stack(sizes).mean(0).to(z.dtype)
