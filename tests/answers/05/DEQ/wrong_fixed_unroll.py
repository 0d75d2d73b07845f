# Wrong: autograd records 400 calls of the cell, always as many; the solver is left aside
class DEQ(nn.Module):
    def __init__(self, cell, solver):
        super().__init__()
        self.cell, self.solver = cell, solver
        self.calls = self.residual = self.backward_calls = None

    def forward(self, x, z0=None):
        z = torch.zeros_like(x) if z0 is None else z0.detach()
        for _ in range(400):
            z = self.cell(z, x)
        self.calls = self.backward_calls = torch.full((len(z),), 400.0)
        self.residual = torch.zeros(len(z))
        return z
