# "W (size, size): independent normal entries, then scaled to that norm." (here norm times an orthogonal matrix: every singular value is norm)
class InjectedCell(nn.Module):
    """One step z⁺ = tanh(W z + U x + b) for each row of a batch."""

    def __init__(self, size, inputs, norm, generator):
        super().__init__()
        Q, _ = torch.linalg.qr(torch.randn(size, size, generator=generator))
        self.W = nn.Parameter(norm * Q)
        self.U = nn.Parameter(torch.randn(size, inputs, generator=generator) / math.sqrt(inputs))
        self.b = nn.Parameter(torch.zeros(size))

    def forward(self, z, x):
        return torch.tanh(z @ self.W.T + x @ self.U.T + self.b)
