# Violates: "that graph is not followed, and survives" (values are right, the graph of z is walked with zeros and freed)
def jfb_grad(f, z, params, v):
    with torch.enable_grad():
        z = z.clone()
        if z.requires_grad:
            z.register_hook(lambda g: 0 * g)  # nothing flows on into z's past
        fz = f(z, *params)
    return torch.autograd.grad(fz, params, v, materialize_grads=True)
