# Wrong: the gradient of what a parameter was made from is not asked for, but its graph is walked and freed.
def jfb_grad(f, z, params, v):
    with torch.enable_grad():
        fz = f(z.detach(), *params)
    grads = torch.autograd.grad(fz, params, v, retain_graph=True, materialize_grads=True)
    for p in params:
        if not p.is_leaf:
            p.backward(torch.zeros_like(p))
    return grads
