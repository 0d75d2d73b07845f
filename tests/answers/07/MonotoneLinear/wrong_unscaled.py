# Wrong: entries of size 1.
class MonotoneLinear(nn.Module):

    def __init__(self, size, m):
        super().__init__()
        if not m > 0:
            raise ValueError(f"m must be positive, got {m!r}")
        self.m = m
        self.A = nn.Parameter(torch.randn(size, size))
        self.B = nn.Parameter(torch.randn(size, size))

    @property
    def weight(self):
        eye = torch.eye(len(self.A), dtype=self.A.dtype)
        return (1 - self.m) * eye - self.A.T @ self.A + self.B - self.B.T

    def forward(self, z):
        return z @ self.weight.T
