# "What is kept for backward ... goes when the result is dropped" (the hook mentions out, on which it sits: a cycle that even gc.collect() does not free)
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
            if torch.is_grad_enabled():
                raise RuntimeError("this layer has no second derivative")

            def step(u):
                return torch.autograd.grad(fz, z, u, retain_graph=True)[0] + v

            u, self.backward_calls, _ = self.solver(step, torch.zeros_like(out))
            return u

        out.register_hook(adjoint)
        return out
