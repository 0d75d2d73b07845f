# Wrong: the mean of the parameters' own relative errors.
def compare_gradients(cell, x, K):
    params = [p for p in cell.parameters() if p.requires_grad]
    pull = lambda out, v: torch.cat([g.flatten() for g in torch.autograd.grad(out, params, v, retain_graph=True, materialize_grads=True, allow_unused=True)])
    z = iterate(lambda z: cell(z, x).detach(), torch.zeros_like(x)).requires_grad_()
    fz = cell(z, x)
    u = picard_adjoint(lambda w: torch.autograd.grad(fz, z, w, retain_graph=True)[0], z.detach())
    g = pull(fz, u)
    errors, z_k = [], torch.zeros_like(x)
    for k in range(K):
        z_k = cell(z_k, x)
        parts = zip(torch.autograd.grad(z_k, params, z_k.detach(), retain_graph=True, materialize_grads=True, allow_unused=True), torch.autograd.grad(fz, params, u, retain_graph=True, materialize_grads=True, allow_unused=True))
        rel = [(a - b).norm() / b.norm() for a, b in parts if b.norm() > 0]
        errors.append(sum(rel) / len(rel))
    return torch.stack(errors)
