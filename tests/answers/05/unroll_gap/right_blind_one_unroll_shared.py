# right: one graph of max(Ks) steps for all K, and the adjoint as a plain long sum of echoes
def unroll_gap(cell, x, Ks):
    leaf = x.detach().clone().requires_grad_(True)
    states = [torch.zeros_like(leaf)]
    with torch.enable_grad():
        for _ in range(max(Ks)):
            states.append(cell(states[-1], leaf))
    with torch.no_grad():
        star = torch.zeros_like(leaf)
        for _ in range(1500):  # 0.95^1500 is 4e-34
            star = cell(star, leaf)
    hinge = star.clone().requires_grad_(True)
    with torch.enable_grad():
        after = cell(hinge, leaf)
    total = echo = star
    for _ in range(1500):
        (echo,) = torch.autograd.grad(after, hinge, echo, retain_graph=True)
        total = total + echo
    g = torch.autograd.grad(after, leaf, total)[0]
    out = torch.empty(2, len(Ks), len(x), dtype=star.dtype)
    for i, K in enumerate(Ks):
        g_K = torch.autograd.grad(states[K], leaf, states[K].detach(), retain_graph=True)[0]
        out[0, i] = torch.linalg.vector_norm(states[K].detach() - star, dim=1) / torch.linalg.vector_norm(star, dim=1)
        out[1, i] = torch.linalg.vector_norm(g_K - g, dim=1) / torch.linalg.vector_norm(g, dim=1)
    return out[0], out[1]
