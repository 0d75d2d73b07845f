# Violates: "Pull v back ...: the gradients (∂f/∂θ)ᵀ v" (a mean over the entries of the state; right for a state of one entry)
def jfb_grad(f, z, params, v):
    with torch.enable_grad():
        inner = (f(z.detach(), *params) * v).mean()
    return torch.autograd.grad(inner, params, retain_graph=True, materialize_grads=True)
