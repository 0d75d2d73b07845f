# Right: products as the gradient of an inner product; a leaf always, a plain result where nothing is wanted
class DEQ(nn.Module):
    def __init__(self, cell, solver):
        super().__init__()
        self.cell, self.solver = cell, solver
        self.calls = self.residual = self.backward_calls = None

    def forward(self, x, z0=None):
        with torch.no_grad():
            z, calls, residual = self.solver(lambda z: self.cell(z, x), x.new_zeros(x.shape) if z0 is None else z0)
        self.calls, self.residual = calls, residual
        if not torch.is_grad_enabled():
            return z
        if not any(t.requires_grad for t in [x] + list(self.parameters())):
            return z
        with torch.enable_grad():
            at = z.detach().clone().requires_grad_(True)
            value = self.cell(at, x)
        result = value * 1

        def hook(v):
            if torch.is_grad_enabled():
                raise RuntimeError("once only")
            def step(u):
                with torch.enable_grad():
                    inner = (value * u.detach()).sum()
                return torch.autograd.grad(inner, at, retain_graph=True)[0] + v
            u, self.backward_calls, _ = self.solver(step, v.clone())
            return u
        result.register_hook(hook)
        return result
