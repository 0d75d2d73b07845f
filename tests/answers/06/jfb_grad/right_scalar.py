# Right: the gradient of the inner product ⟨v, f(z)⟩.
def jfb_grad(f, z, params, v):
    with torch.enable_grad():
        loss = (v * f(z.detach(), *params)).sum()
        grads = torch.autograd.grad(loss, params, retain_graph=True, allow_unused=True)
    return tuple(torch.zeros_like(p) if g is None else g for p, g in zip(params, grads))
