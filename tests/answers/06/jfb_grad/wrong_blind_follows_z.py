# Violates: "It may require a gradient, and it may carry a graph, even one that reaches params: that graph is not followed"
def jfb_grad(f, z, params, v):
    with torch.enable_grad():
        fz = f(z, *params)
    return torch.autograd.grad(fz, params, v, retain_graph=True, materialize_grads=True)
