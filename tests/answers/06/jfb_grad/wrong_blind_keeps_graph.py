# Violates: "for each of params a tensor of its shape, without a graph"
def jfb_grad(f, z, params, v):
    with torch.enable_grad():
        fz = f(z.detach(), *params)
        return torch.autograd.grad(fz, params, v, create_graph=True, materialize_grads=True)
