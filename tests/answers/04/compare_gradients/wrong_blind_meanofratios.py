# Violates: "the gradient of L(z*) with respect to all parameters of the cell that require one, joined to one vector" (mean of each parameter's ratio).
def compare_gradients(cell, x, K):
    params = [p for p in cell.parameters() if p.requires_grad]
    with torch.no_grad():
        z = iterate(lambda z: cell(z, x), torch.zeros_like(x))
    z = z.requires_grad_()
    fz = cell(z, x)
    u = picard_adjoint(lambda w: torch.autograd.grad(fz, z, w, retain_graph=True)[0], z.detach())
    g = torch.autograd.grad(fz, params, u, materialize_grads=True)
    errors, z = [], torch.zeros_like(x)
    for _ in range(K):
        z = cell(z, x)
        gk = torch.autograd.grad(z.square().sum() / 2, params, retain_graph=True, materialize_grads=True)
        ratios = [(a - b).norm() / b.norm() for a, b in zip(gk, g) if b.norm() > 0]
        errors.append(sum(ratios) / len(ratios))
    return torch.stack(errors)
