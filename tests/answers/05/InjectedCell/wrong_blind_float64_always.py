# "Parameters, all trained (nn.Parameter), of torch's default dtype" (here float64 whatever the default is)
class InjectedCell(nn.Module):
    """One step z⁺ = tanh(W z + U x + b) for each row of a batch."""

    def __init__(self, size, inputs, norm, generator):
        super().__init__()
        W = torch.randn(size, size, generator=generator, dtype=torch.float64)
        U = torch.randn(size, inputs, generator=generator, dtype=torch.float64)
        self.W = nn.Parameter(W * (norm / torch.linalg.matrix_norm(W, 2)))
        self.U = nn.Parameter(U / math.sqrt(inputs))
        self.b = nn.Parameter(torch.zeros(size, dtype=torch.float64))

    def forward(self, z, x):
        return torch.tanh(z @ self.W.T + x @ self.U.T + self.b)
