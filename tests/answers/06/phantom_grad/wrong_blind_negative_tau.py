# Violates: "Raises ValueError for k < 1 or tau outside (0, 1]" (a negative tau passes)
def phantom_grad(f, z, params, v, k, tau):
    if k < 1 or tau == 0 or tau > 1:
        raise ValueError("k >= 1 and 0 < tau <= 1, please")
    z = z.detach()
    with torch.enable_grad():
        for _ in range(k):
            z = (1 - tau) * z + tau * f(z, *params)
    return torch.autograd.grad(z, params, v, retain_graph=True, materialize_grads=True)
