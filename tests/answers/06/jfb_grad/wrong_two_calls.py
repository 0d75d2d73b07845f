# Wrong: one call of f for each parameter.
def jfb_grad(f, z, params, v):
    grads = []
    for p in params:
        with torch.enable_grad():
            fz = f(z.detach(), *params)
        grads += torch.autograd.grad(fz, [p], v, retain_graph=True, materialize_grads=True)
    return tuple(grads)
