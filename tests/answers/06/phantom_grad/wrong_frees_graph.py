# Wrong: frees a parameter's own graph.
def phantom_grad(f, z, params, v, k, tau):
    if k < 1 or not 0 < tau <= 1:
        raise ValueError(f"k = {k}, tau = {tau}")
    z = z.detach()
    with torch.enable_grad():
        for _ in range(k):
            z = (1 - tau) * z + tau * f(z, *params)
    grads = torch.autograd.grad(z, params, v, retain_graph=True, materialize_grads=True)
    for p in params:
        if not p.is_leaf:
            p.backward(torch.zeros_like(p))
    return grads
