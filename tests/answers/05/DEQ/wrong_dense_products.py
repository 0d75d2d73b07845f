# Wrong: builds the dense Jacobian by n backward passes and hands the given solver products with that matrix
class DEQ(nn.Module):
    def __init__(self, cell, solver):
        super().__init__()
        self.cell, self.solver = cell, solver
        self.calls = self.residual = self.backward_calls = None

    def forward(self, x, z0=None):
        with torch.no_grad():
            start = torch.zeros_like(x) if z0 is None else z0
            z, self.calls, self.residual = self.solver(lambda z: self.cell(z, x), start)
        if not (torch.is_grad_enabled() and any(t.requires_grad for t in (x, *self.cell.parameters()))):
            return z
        leaf = z.detach().requires_grad_()
        fz = self.cell(leaf, x)

        def solve_adjoint(v):
            if torch.is_grad_enabled():
                raise RuntimeError("this gradient cannot be differentiated again")
            units = torch.eye(v[0].numel(), dtype=v.dtype).view(-1, *v.shape[1:])
            rows = [torch.autograd.grad(fz, leaf, e.expand_as(v), retain_graph=True)[0].flatten(1) for e in units]
            J = torch.stack(rows, 1)
            u, self.backward_calls, _ = self.solver(lambda u: (J.mT @ u.flatten(1)[..., None]).view_as(v) + v, v)
            return u

        (hooked := fz.clone()).register_hook(solve_adjoint)
        return hooked.clone()
