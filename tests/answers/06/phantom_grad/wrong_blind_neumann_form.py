# Violates: "Each step starts where the one before it ended, whether or not z is a fixed point." (J stays at z; the same at a fixed point, for k = 1)
def phantom_grad(f, z, params, v, k, tau):
    if k < 1 or not 0 < tau <= 1:
        raise ValueError("k >= 1 and 0 < tau <= 1, please")

    z = z.detach().requires_grad_()
    u = tau * v
    with torch.enable_grad():
        for _ in range(k - 1):
            (Jtu,) = torch.autograd.grad(f(z, *params), (z,), u, retain_graph=True, materialize_grads=True)
            u = tau * v + (1 - tau) * u + tau * Jtu
        fz = f(z, *params)
    return torch.autograd.grad(fz, params, u, retain_graph=True, materialize_grads=True)
