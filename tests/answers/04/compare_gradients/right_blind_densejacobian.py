# right: one dense Jacobian of the whole flattened state and a direct solve; the g_k by one backward sweep over stored states
def compare_gradients(cell, x, K):
    params = [p for p in cell.parameters() if p.requires_grad]
    x = x.detach()

    def pull(out, w, inputs):
        return torch.autograd.grad(out, inputs, w, materialize_grads=True)

    with torch.no_grad():
        states = [torch.zeros_like(x)]
        for _ in range(K):
            states.append(cell(states[-1], x))
        star = states[-1]
        for _ in range(1500):
            star = cell(star, x)
    with torch.enable_grad():
        flat = lambda t: cell(t.view_as(x), x).flatten()
        J = torch.autograd.functional.jacobian(flat, star.flatten())
        u = torch.linalg.solve((torch.eye(len(J)) - J).T, star.flatten()).view_as(x)
        g = torch.cat([t.reshape(-1) for t in pull(cell(star, x), u, params)])
    errors = torch.empty(K, dtype=g.dtype)
    for k in range(1, K + 1):
        w, total = states[k], torch.zeros_like(g)
        for state in reversed(states[:k]):
            with torch.enable_grad():
                leaf = state.clone().requires_grad_()
                w, *parts = pull(cell(leaf, x), w, [leaf, *params])
            total += torch.cat([t.reshape(-1) for t in parts])
        errors[k - 1] = torch.linalg.vector_norm(total - g) / torch.linalg.vector_norm(g)
    return errors
