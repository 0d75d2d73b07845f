# Right: the adjoint by a dense solve for each sample; errors from sums of squares.
def compare_gradients(cell, x, K):
    params = [p for p in cell.parameters() if p.requires_grad]
    with torch.no_grad():
        z = torch.zeros_like(x)
        for _ in range(1500):
            z = cell(z, x)
    z = z.requires_grad_()
    fz = cell(z, x)
    n = x.shape[1]
    J = torch.stack([torch.autograd.grad(fz, z, e.expand_as(z), retain_graph=True)[0] for e in torch.eye(n)], 1)
    u = torch.linalg.solve(torch.eye(n) - J.mT, z.detach())
    g = torch.autograd.grad((fz * u).sum(), params, materialize_grads=True, allow_unused=True)
    size, rows = sum(t.square().sum() for t in g), []
    for k in range(1, K + 1):
        y = torch.zeros_like(x)
        for _ in range(k):
            y = cell(y, x)
        g_k = torch.autograd.grad(0.5 * (y**2).sum(), params, materialize_grads=True, allow_unused=True)
        rows.append((sum((a - b).square().sum() for a, b in zip(g_k, g)) / size).sqrt())
    return torch.stack(rows)
