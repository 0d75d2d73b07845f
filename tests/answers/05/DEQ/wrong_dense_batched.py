# Wrong: an honest solve whose result is thrown away for that of torch.linalg.solve on the dense Jacobian
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
            many = units[:, None].expand(-1, *v.shape)
            J = torch.autograd.grad(fz, leaf, many, retain_graph=True, is_grads_batched=True)[0].flatten(2).transpose(0, 1)
            _, self.backward_calls, _ = self.solver(lambda u: torch.autograd.grad(fz, leaf, u, retain_graph=True)[0] + v, v)
            u = torch.linalg.solve(torch.eye(len(units)) - J.mT, v.flatten(1)).view_as(v)
            return u

        (hooked := fz.clone()).register_hook(solve_adjoint)
        return hooked.clone()
