# Wrong: A Aᵀ in the place of AᵀA: monotone too, but not the W that was asked for.
class MonotoneLinear(nn.Module):

    def __init__(self, size, m):
        super().__init__()
        if not m > 0:
            raise ValueError(f"m must be positive, got {m!r}")
        self.m = m
        self.A = nn.Parameter(torch.randn(size, size) / math.sqrt(size))
        self.B = nn.Parameter(torch.randn(size, size) / math.sqrt(size))

    @property
    def weight(self):
        eye = torch.eye(len(self.A), dtype=self.A.dtype)
        return (1 - self.m) * eye - self.A @ self.A.T + self.B - self.B.T

    def forward(self, z):
        return z @ self.weight.T
