# Violates: "It may require a gradient or carry a graph: not followed"
def phantom_grad(f, z, params, v, k, tau):
    if k < 1 or not 0 < tau <= 1:
        raise ValueError("k >= 1 and 0 < tau <= 1, please")

    with torch.enable_grad():
        for _ in range(k):
            z = (1 - tau) * z + tau * f(z, *params)
    return torch.autograd.grad(z, params, v, retain_graph=True, materialize_grads=True)
