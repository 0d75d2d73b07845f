# Right: step by step backwards, through stored states.
def phantom_grad(f, z, params, v, k, tau):
    if k < 1 or not 0 < tau <= 1:
        raise ValueError(f"k = {k}, tau = {tau}")
    states, z = [], z.detach()
    fixed = [p.detach().requires_grad_() for p in params]
    total, outs = [torch.zeros_like(p) for p in fixed], []
    for _ in range(k):
        leaf = z.detach().requires_grad_()
        with torch.enable_grad():
            out = leaf + tau * (f(leaf, *fixed) - leaf)
        states.append((leaf, out))
        z = out.detach()
    for leaf, out in reversed(states):
        v, *grads = torch.autograd.grad(out, [leaf, *fixed], v, materialize_grads=True)
        total = [t + g for t, g in zip(total, grads)]
    return tuple(total)
