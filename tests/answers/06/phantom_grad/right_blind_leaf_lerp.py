# Right: one scalar <v, z_k> of fresh leaves, back through torch.lerp
def phantom_grad(f, z, params, v, k, tau):
    if not (k >= 1 and 0 < tau <= 1):
        raise ValueError(f"k = {k}, tau = {tau}")
    with torch.enable_grad():
        theta = tuple(p.detach().requires_grad_() for p in params)
        def unrolled(state, left):
            return state if left == 0 else unrolled(torch.lerp(state, f(state, *theta), tau), left - 1)
        (v * unrolled(z.detach(), k)).sum().backward(inputs=theta)
    return tuple(t.grad if t.grad is not None else torch.zeros_like(t) for t in theta)
