# Wrong: unrolls two steps.
def jfb_grad(f, z, params, v):
    with torch.enable_grad():
        fz = f(f(z.detach(), *params), *params)
    return torch.autograd.grad(fz, params, v, retain_graph=True, materialize_grads=True)
