# Wrong: differentiates f(z) - z with a z that depends on the parameters.
def jfb_grad(f, z, params, v):
    with torch.enable_grad():
        fz = f(z.detach(), *params) - z
    return torch.autograd.grad(fz, params, v, retain_graph=True, materialize_grads=True)
