# "norm: ... the spectral norm (largest singular value) that W starts with, to rounding." (30 power steps are an estimate, too low for large W)
class InjectedCell(nn.Module):
    """One step z⁺ = tanh(W z + U x + b) for each row of a batch."""

    def __init__(self, size, inputs, norm, generator):
        super().__init__()
        W = torch.randn(size, size, generator=generator)
        v = torch.ones(size) / math.sqrt(size)
        for _ in range(30):
            v = W.T @ (W @ v)
            v = v / v.norm()
        self.W = nn.Parameter(W * (norm / (W @ v).norm()))
        self.U = nn.Parameter(torch.randn(size, inputs, generator=generator) / math.sqrt(inputs))
        self.b = nn.Parameter(torch.zeros(size))

    def forward(self, z, x):
        return torch.tanh(z @ self.W.T + x @ self.U.T + self.b)
