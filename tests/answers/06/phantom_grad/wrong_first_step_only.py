# Wrong: one step with a graph, the others without.
def phantom_grad(f, z, params, v, k, tau):
    if k < 1 or not 0 < tau <= 1:
        raise ValueError(f"k = {k}, tau = {tau}")
    with torch.no_grad():
        for _ in range(k - 1):
            z = (1 - tau) * z + tau * f(z, *params)
    z = z.detach()
    with torch.enable_grad():
        z = (1 - tau) * z + tau * f(z, *params)
    return torch.autograd.grad(z, params, v, retain_graph=True, materialize_grads=True)
