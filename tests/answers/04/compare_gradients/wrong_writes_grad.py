# Wrong: uses backward and clears .grad.
def compare_gradients(cell, x, K):
    params = [p for p in cell.parameters() if p.requires_grad]
    def grad(out, v):
        cell.zero_grad()
        out.backward(v, inputs=params, retain_graph=True)
        return torch.cat([(torch.zeros_like(p) if p.grad is None else p.grad.clone()).flatten() for p in params])
    z = iterate(lambda z: cell(z, x).detach(), torch.zeros_like(x)).requires_grad_()
    fz = cell(z, x)
    g = grad(fz, picard_adjoint(lambda w: torch.autograd.grad(fz, z, w, retain_graph=True)[0], z.detach()))
    errors, z_k = [], torch.zeros_like(x)
    for _ in range(K):
        z_k = cell(z_k, x)
        g_k = grad(z_k, z_k.detach())
        errors.append((g_k - g).norm() / g.norm())
    return torch.stack(errors)
