# right: W rebuilt from its scaled singular values; forward is one F.linear of the concatenated state and input
class InjectedCell(nn.Module):
    """One step z⁺ = tanh(W z + U x + b) for each row of a batch."""

    def __init__(self, size, inputs, norm, generator):
        super().__init__()
        left, s, right = torch.linalg.svd(torch.normal(0.0, 1.0, (size, size), generator=generator))
        self.W = nn.Parameter(left @ torch.diag(s * (norm / s.max())) @ right)
        self.U = nn.Parameter(torch.normal(0.0, 1 / inputs**0.5, (size, inputs), generator=generator))
        self.b = nn.Parameter(torch.full((size,), 0.0))

    def forward(self, z, x):
        both = torch.cat([self.W, self.U], dim=1)
        return torch.tanh(nn.functional.linear(torch.cat([z, x], dim=1), both, self.b))
