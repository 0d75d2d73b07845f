# Wrong: None where zeros are asked for.
def jfb_grad(f, z, params, v):
    with torch.enable_grad():
        fz = f(z.detach(), *params)
    return torch.autograd.grad(fz, params, v, retain_graph=True, allow_unused=True)
