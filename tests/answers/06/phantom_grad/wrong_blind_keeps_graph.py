# Violates: "the gradient of ⟨v, z_k⟩, of its shape, without a graph"
def phantom_grad(f, z, params, v, k, tau):
    if k < 1 or not 0 < tau <= 1:
        raise ValueError("k >= 1 and 0 < tau <= 1, please")

    z = z.detach()
    with torch.enable_grad():
        for _ in range(k):
            z = z + tau * (f(z, *params) - z)
        return torch.autograd.grad(z, params, v, create_graph=True, materialize_grads=True)
