# Right: one graph to the inputs, another for the products with the transposed Jacobian
class DEQ(nn.Module):
    def __init__(self, cell, solver):
        super().__init__()
        self.cell, self.solver = cell, solver
        self.calls = self.residual = self.backward_calls = None

    def forward(self, x, z0=None):
        with torch.no_grad():
            z, self.calls, self.residual = self.solver(lambda z: self.cell(z, x), torch.zeros_like(x) if z0 is None else z0)
        out = self.cell(z.detach(), x)
        if out.requires_grad:
            leaf = z.detach().clone().requires_grad_()
            graph = self.cell(leaf, x.detach())

            def adjoint(v):
                if torch.is_grad_enabled():
                    raise RuntimeError("first derivatives only")
                step = lambda u: v + torch.autograd.grad(graph, leaf, u, retain_graph=True)[0]
                u, self.backward_calls, _ = self.solver(step, torch.zeros_like(v))
                return u

            out.register_hook(adjoint)
        return out
