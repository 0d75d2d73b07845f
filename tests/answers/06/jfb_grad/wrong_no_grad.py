# Wrong: no graph under no_grad.
def jfb_grad(f, z, params, v):
    fz = f(z.detach(), *params)
    return torch.autograd.grad(fz, params, v, retain_graph=True, materialize_grads=True)
