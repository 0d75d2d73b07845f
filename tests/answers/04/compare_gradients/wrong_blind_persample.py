# Violates: "The loss is L(z) = Σ z² / 2 over all samples and entries" (one relative error for each sample, then their mean).
def compare_gradients(cell, x, K):
    if len(x) > 1:
        return torch.stack([compare_gradients(cell, sample[None], K) for sample in x]).mean(dim=0)
    params = [p for p in cell.parameters() if p.requires_grad]
    with torch.no_grad():
        z = iterate(lambda z: cell(z, x), torch.zeros_like(x))
    z = z.requires_grad_()
    fz = cell(z, x)
    u = picard_adjoint(lambda w: torch.autograd.grad(fz, z, w, retain_graph=True)[0], z.detach())
    g = torch.cat([t.flatten() for t in torch.autograd.grad(fz, params, u, materialize_grads=True)])
    errors, z = [], torch.zeros_like(x)
    for _ in range(K):
        z = cell(z, x)
        gk = torch.autograd.grad(z.square().sum() / 2, params, retain_graph=True, materialize_grads=True)
        errors.append((torch.cat([t.flatten() for t in gk]) - g).norm() / g.norm())
    return torch.stack(errors)
