# Wrong: detaches between the steps.
def phantom_grad(f, z, params, v, k, tau):
    if k < 1 or not 0 < tau <= 1:
        raise ValueError(f"k = {k}, tau = {tau}")
    with torch.enable_grad():
        for _ in range(k):
            z = (1 - tau) * z.detach() + tau * f(z.detach(), *params)
    return torch.autograd.grad(z, params, v, retain_graph=True, materialize_grads=True)
