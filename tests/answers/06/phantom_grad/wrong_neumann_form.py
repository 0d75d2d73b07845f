# Wrong: the Neumann form at z.
def phantom_grad(f, z, params, v, k, tau):
    if k < 1 or not 0 < tau <= 1:
        raise ValueError(f"k = {k}, tau = {tau}")
    z = z.detach().requires_grad_()
    with torch.enable_grad():
        fz = f(z, *params)
    u = tau * v
    for _ in range(k - 1):
        u = tau * v + (1 - tau) * u + tau * torch.autograd.grad(fz, z, u, retain_graph=True)[0]
    return torch.autograd.grad(fz, params, u, retain_graph=True, materialize_grads=True)
