# "generator: torch.Generator from which W and U are drawn" (a second generator with its seed is: two cells from one generator are the same)
class InjectedCell(nn.Module):
    """One step z⁺ = tanh(W z + U x + b) for each row of a batch."""

    def __init__(self, size, inputs, norm, generator):
        super().__init__()
        own = torch.Generator().manual_seed(generator.initial_seed())
        W = torch.randn(size, size, generator=own)
        self.W = nn.Parameter(norm * W / torch.linalg.matrix_norm(W, 2))
        self.U = nn.Parameter(torch.randn(size, inputs, generator=own) / math.sqrt(inputs))
        self.b = nn.Parameter(torch.zeros(size))

    def forward(self, z, x):
        return torch.tanh(z @ self.W.T + x @ self.U.T + self.b)
