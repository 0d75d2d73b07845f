# Wrong: one backward pass for each parameter.
def jfb_grad(f, z, params, v):
    with torch.enable_grad():
        fz = f(z.detach(), *params)
    return tuple(torch.autograd.grad(fz, p, v, retain_graph=True, materialize_grads=True)[0] for p in params)
