# Wrong: writes .grad.
def phantom_grad(f, z, params, v, k, tau):
    if k < 1 or not 0 < tau <= 1:
        raise ValueError(f"k = {k}, tau = {tau}")
    z = z.detach()
    params = [p if p.is_leaf else p.detach().requires_grad_() for p in params]
    with torch.enable_grad():
        for _ in range(k):
            z = (1 - tau) * z + tau * f(z, *params)
    z.backward(v)
    return tuple(torch.zeros_like(p) if p.grad is None else p.grad for p in params)
