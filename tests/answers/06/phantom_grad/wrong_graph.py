# Wrong: the gradients carry a graph.
def phantom_grad(f, z, params, v, k, tau):
    if k < 1 or not 0 < tau <= 1:
        raise ValueError(f"k = {k}, tau = {tau}")
    z = z.detach()
    with torch.enable_grad():
        for _ in range(k):
            z = (1 - tau) * z + tau * f(z, *params)
        return torch.autograd.grad(z, params, v, create_graph=True, materialize_grads=True)
