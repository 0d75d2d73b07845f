# Violates: "No tensor's .grad changes." (a .grad that was there before is None afterwards)
def jfb_grad(f, z, params, v):
    params = list(params)
    with torch.enable_grad():
        fz = f(z.detach(), *params)
    for p in params:
        p.grad = None
    fz.backward(v, inputs=params, retain_graph=True)
    grads = tuple(torch.zeros_like(p) if p.grad is None else p.grad.detach() for p in params)
    for p in params:
        p.grad = None
    return grads
