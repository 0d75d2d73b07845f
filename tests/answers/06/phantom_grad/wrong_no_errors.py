# Wrong: refuses nothing.
def phantom_grad(f, z, params, v, k, tau):
    z = z.detach()
    with torch.enable_grad():
        for _ in range(k):
            z = (1 - tau) * z + tau * f(z, *params)
        z = z + 0 * sum(p.sum() for p in params)
    return torch.autograd.grad(z, params, v, retain_graph=True, materialize_grads=True)
