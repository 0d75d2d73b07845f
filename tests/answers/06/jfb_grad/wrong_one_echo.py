# Wrong: keeps one echo.
def jfb_grad(f, z, params, v):
    z = z.detach().requires_grad_()
    with torch.enable_grad():
        fz = f(z, *params)
    u = v + torch.autograd.grad(fz, z, v, retain_graph=True, materialize_grads=True)[0]
    return torch.autograd.grad(fz, params, u, retain_graph=True, materialize_grads=True)
