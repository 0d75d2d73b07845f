# Wrong: z keeps its graph.
def jfb_grad(f, z, params, v):
    with torch.enable_grad():
        fz = f(z, *params)
    return torch.autograd.grad(fz, params, v, retain_graph=True, materialize_grads=True)
