# Right: on detached copies of the parameters.
def jfb_grad(f, z, params, v):
    with torch.enable_grad():
        leaves = [p.detach().clone().requires_grad_() for p in params]
        fz = f(z.detach().clone(), *leaves)
        grads = torch.autograd.grad(fz, leaves, v, allow_unused=True)
    return tuple(torch.zeros_like(p) if g is None else g for p, g in zip(leaves, grads))
