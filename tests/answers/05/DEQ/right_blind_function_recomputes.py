# right: a torch.autograd.Function over x and the parameters; it keeps z alone and calls the cell again in the backward pass
class _Equilibrium(torch.autograd.Function):
    @staticmethod
    def forward(ctx, layer, z, names, x, *params):
        ctx.layer, ctx.names = layer, names
        ctx.save_for_backward(z, x, *params)
        return z.clone()

    @staticmethod
    def backward(ctx, v):
        if torch.is_grad_enabled():
            raise RuntimeError("the second derivative of this layer is not available")
        z, x, *params = (t.detach() for t in ctx.saved_tensors)
        inputs = [t.requires_grad_(n) for t, n in zip((x, *params), ctx.needs_input_grad[3:])]
        z.requires_grad_()
        with torch.enable_grad():
            fz = torch.func.functional_call(ctx.layer.cell, dict(zip(ctx.names, inputs[1:])), (z, inputs[0]))

        def transposed(u):
            return torch.autograd.grad(fz, z, u, retain_graph=True)[0]

        u, ctx.layer.backward_calls, _ = ctx.layer.solver(lambda u: v + transposed(u), v.clone())
        wanted = [t for t in inputs if t.requires_grad]
        found = iter(torch.autograd.grad(fz, wanted, u, allow_unused=True))
        return (None, None, None, *(next(found) if t.requires_grad else None for t in inputs))


class DEQ(nn.Module):
    def __init__(self, cell, solver):
        super().__init__()
        self.cell, self.solver = cell, solver
        self.calls = self.residual = self.backward_calls = None

    def forward(self, x, z0=None):
        with torch.no_grad():
            start = torch.zeros_like(x) if z0 is None else z0.clone()
            z, self.calls, self.residual = self.solver(lambda s: self.cell(s, x), start)
        named = dict(self.cell.named_parameters())
        return _Equilibrium.apply(self, z.detach(), list(named), x, *named.values())
