# violates: "`A` and `B`, (size, size), drawn independently"
class MonotoneLinear(nn.Module):
    def __init__(self, size, m):
        super().__init__()
        if not m > 0:
            raise ValueError("m must be above 0")
        self.size, self.m = size, m
        start = torch.randn(size, size) / math.sqrt(size)
        self.A = nn.Parameter(start)
        self.B = nn.Parameter(start.clone())

    @property
    def weight(self):
        eye = torch.eye(self.size, dtype=self.A.dtype, device=self.A.device)
        return (1 - self.m) * eye - self.A.T @ self.A + self.B - self.B.T

    def forward(self, z):
        """Return z Wᵀ for z (B, n)."""
        return z @ self.weight.T
