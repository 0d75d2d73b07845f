# Violates: "No .grad changes" (backward() and zero_grad(): a .grad that was there before is lost).
def compare_gradients(cell, x, K):
    def collect():
        params = [p for p in cell.parameters() if p.requires_grad]
        g = torch.cat([(torch.zeros_like(p) if p.grad is None else p.grad).flatten() for p in params])
        cell.zero_grad()
        return g

    cell.zero_grad()
    with torch.no_grad():
        z = iterate(lambda z: cell(z, x), torch.zeros_like(x))
    z = z.requires_grad_()
    fz = cell(z, x)
    u = picard_adjoint(lambda w: torch.autograd.grad(fz, z, w, retain_graph=True)[0], z.detach())
    fz.backward(u)
    g = collect()
    errors = []
    for k in range(1, K + 1):
        z = torch.zeros_like(x)
        for _ in range(k):
            z = cell(z, x)
        (z.square().sum() / 2).backward()
        errors.append((collect() - g).norm() / g.norm())
    return torch.stack(errors)
