# Wrong: evaluates f at f(z).
def jfb_grad(f, z, params, v):
    with torch.no_grad():
        z = f(z, *params)
    with torch.enable_grad():
        fz = f(z.detach(), *params)
    return torch.autograd.grad(fz, params, v, retain_graph=True, materialize_grads=True)
