# "torch.Generator from which W and U are drawn; torch's global one is left alone." (nn.Linear draws its initial weight from the global one)
class InjectedCell(nn.Module):
    """One step z⁺ = tanh(W z + U x + b) for each row of a batch."""

    def __init__(self, size, inputs, norm, generator):
        super().__init__()
        self.W = nn.Linear(size, size, bias=False).weight
        self.U = nn.Linear(inputs, size, bias=False).weight
        self.b = nn.Parameter(torch.zeros(size))
        with torch.no_grad():
            self.W.normal_(generator=generator)
            self.W *= norm / torch.linalg.matrix_norm(self.W, 2)
            self.U.normal_(0, 1 / math.sqrt(inputs), generator=generator)

    def forward(self, z, x):
        return torch.tanh(z @ self.W.T + x @ self.U.T + self.b)
