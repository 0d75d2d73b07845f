# Wrong: τ and 1 - τ exchanged.
def phantom_grad(f, z, params, v, k, tau):
    if k < 1 or not 0 < tau <= 1:
        raise ValueError(f"k = {k}, tau = {tau}")
    z = z.detach()
    with torch.enable_grad():
        for _ in range(k):
            z = tau * z + (1 - tau) * f(z, *params)
        z = z + sum(0 * p.sum() for p in params)
    return torch.autograd.grad(z, params, v, retain_graph=True, materialize_grads=True)
