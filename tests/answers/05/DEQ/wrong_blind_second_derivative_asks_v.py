# "When a graph of the gradient is asked for (create_graph=True ...), it raises a RuntimeError" (here only if v itself has a graph: not for z.sum())
class DEQ(nn.Module):
    def __init__(self, cell, solver):
        super().__init__()
        self.cell, self.solver = cell, solver
        self.calls = self.residual = self.backward_calls = None

    def forward(self, x, z0=None):
        needs = torch.is_grad_enabled() and (x.requires_grad or any(p.requires_grad for p in self.cell.parameters()))
        start = torch.zeros_like(x) if z0 is None else z0
        with torch.no_grad():
            z, self.calls, self.residual = self.solver(lambda z: self.cell(z, x), start)
        if not needs:
            return z
        z = z.detach().requires_grad_()
        fz = self.cell(z, x)
        out = fz.clone()

        def adjoint(v):
            if v.requires_grad:
                raise RuntimeError("this layer has no second derivative")

            def step(u):
                return torch.autograd.grad(fz, z, u, retain_graph=True)[0] + v

            u, self.backward_calls, _ = self.solver(step, torch.zeros_like(v))
            return u

        out.register_hook(adjoint)
        return out
