# violates: "no .grad changes" (backward also adds to the .grad of f's parameters)
def hutchinson_jac(f, z, n, generator):
    z = z.detach().clone().requires_grad_()
    out = f(z)
    total = torch.zeros(len(z), dtype=z.dtype)
    if not out.requires_grad:
        return total
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for _ in range(n):
            z.grad = None
            out.backward(torch.randn(out.shape, dtype=out.dtype, generator=generator), create_graph=True)
            if z.grad is None:
                return total
            total = total + z.grad.flatten(1).square().sum(1)
    z.grad = None
    return total / n
