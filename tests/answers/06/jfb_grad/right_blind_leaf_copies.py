# Right: fresh leaves instead of the caller's parameters, and .backward(inputs=...) into these leaves
def jfb_grad(f, z, params, v):
    leaves = [p.detach().requires_grad_() for p in params]
    with torch.enable_grad():
        out = f(z.detach(), *leaves)
        out.backward(gradient=v, inputs=leaves)
    return tuple(torch.zeros_like(leaf) if leaf.grad is None else leaf.grad.detach() for leaf in leaves)
