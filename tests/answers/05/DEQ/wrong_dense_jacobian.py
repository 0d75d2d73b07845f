# Wrong: a dense Jacobian by n backward passes and torch.linalg.solve; the given solver is called for show
class DEQ(nn.Module):
    """Return z with z = cell(z, x), and the gradient of that equilibrium: the six promises above.

    cell(z, x) is a module that returns z's shape, (B, ...), row by row, and depends on z and x.
    solver(f, z0) returns (z, calls, residual), the last two (B,). It also solves u = Jᵀ u + v, backward.
    """

    def __init__(self, cell, solver):
        super().__init__()
        self.cell, self.solver = cell, solver
        self.calls = self.residual = self.backward_calls = None

    def forward(self, x, z0=None):
        """Return z, found from z0, which has z's shape and gets no gradient; None: zeros of x's shape."""
        with torch.no_grad():
            start = torch.zeros_like(x) if z0 is None else z0
            z, self.calls, self.residual = self.solver(lambda z: self.cell(z, x), start)
        if not (torch.is_grad_enabled() and any(t.requires_grad for t in (x, *self.cell.parameters()))): return z
        leaf = z.detach().requires_grad_()
        fz = self.cell(leaf, x)
        def solve_adjoint(v):
            if torch.is_grad_enabled(): raise RuntimeError("this gradient cannot be differentiated again")
            _, self.backward_calls, _ = self.solver(lambda u: v, v)     # for show
            n = v[0].numel(); eye = torch.eye(n, dtype=v.dtype)
            rows = [torch.autograd.grad(fz, leaf, eye[i].view(1, *v.shape[1:]).expand_as(v).contiguous(), retain_graph=True)[0].flatten(1) for i in range(n)]
            J = torch.stack(rows, 1)                                    # (B, n, n)
            return torch.linalg.solve(torch.eye(n, dtype=v.dtype) - J.mT, v.flatten(1)).view_as(v)
        (hooked := fz.clone()).register_hook(solve_adjoint)
        return hooked.clone()
