# "U (size, inputs): independent normal entries of mean 0 and standard deviation 1 / √inputs." (here 1 / √size)
class InjectedCell(nn.Module):
    """One step z⁺ = tanh(W z + U x + b) for each row of a batch."""

    def __init__(self, size, inputs, norm, generator):
        super().__init__()
        W = torch.randn(size, size, generator=generator)
        self.W = nn.Parameter(norm * W / torch.linalg.matrix_norm(W, 2))
        self.U = nn.Parameter(torch.randn(size, inputs, generator=generator) / math.sqrt(size))
        self.b = nn.Parameter(torch.zeros(size))

    def forward(self, z, x):
        return torch.tanh(z @ self.W.T + x @ self.U.T + self.b)
