# Violates: "No .grad changes." (the gradient is right and is also added to .grad)
def phantom_grad(f, z, params, v, k, tau):
    if k < 1 or not 0 < tau <= 1:
        raise ValueError("k >= 1 and 0 < tau <= 1, please")

    z, params = z.detach(), list(params)
    with torch.enable_grad():
        for _ in range(k):
            z = torch.lerp(z, f(z, *params), tau)
    before = [torch.zeros_like(p) if p.grad is None else p.grad.clone() for p in params]
    z.backward(v, inputs=params, retain_graph=True)
    return tuple(torch.zeros_like(p) if p.grad is None else p.grad.detach() - g for p, g in zip(params, before))
