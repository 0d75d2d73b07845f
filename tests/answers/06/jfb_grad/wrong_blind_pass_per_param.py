# Violates: "One call of f, one backward pass through it."
def jfb_grad(f, z, params, v):
    with torch.enable_grad():
        fz = f(z.detach(), *params)
    grads = []
    for p in params:
        (g,) = torch.autograd.grad(fz, (p,), v, retain_graph=True, allow_unused=True)
        grads.append(torch.zeros_like(p) if g is None else g)
    return tuple(grads)
