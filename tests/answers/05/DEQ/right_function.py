# Right: an autograd Function that calls the cell again in backward
class Equilibrium(torch.autograd.Function):
    @staticmethod
    def forward(ctx, layer, start, x, *params):
        with torch.no_grad():
            z, layer.calls, layer.residual = layer.solver(lambda z: layer.cell(z, x), start)
        ctx.layer = layer
        ctx.save_for_backward(z, x, *params)
        return z

    @staticmethod
    def backward(ctx, v):
        if torch.is_grad_enabled():
            raise RuntimeError("first derivatives only")
        z, x, *params = ctx.saved_tensors
        leaf, y = z.detach().requires_grad_(), x.detach().requires_grad_()
        with torch.enable_grad():
            fz = ctx.layer.cell(leaf, y)
        u, ctx.layer.backward_calls, _ = ctx.layer.solver(lambda u: torch.autograd.grad(fz, leaf, u, retain_graph=True)[0] + v, v)
        wanted = [y, *[p for p in params if p.requires_grad]]
        found = iter(torch.autograd.grad(fz, wanted, u, allow_unused=True))
        gx = next(found)
        return None, None, gx, *[next(found) if p.requires_grad else None for p in params]


class DEQ(nn.Module):
    def __init__(self, cell, solver):
        super().__init__()
        self.cell, self.solver = cell, solver
        self.calls = self.residual = self.backward_calls = None

    def forward(self, x, z0=None):
        start = torch.zeros_like(x) if z0 is None else z0.detach()
        return Equilibrium.apply(self, start.clone(), x, *self.cell.parameters())
