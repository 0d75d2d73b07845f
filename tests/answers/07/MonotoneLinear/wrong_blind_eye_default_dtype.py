# violates: "`weight` is W, computed anew at each access, in their dtype"
class MonotoneLinear(nn.Module):
    def __init__(self, size, m):
        super().__init__()
        if not m > 0:
            raise ValueError("m must be above 0")
        self.size, self.m = size, m
        self.A = nn.Parameter(torch.randn(size, size) / math.sqrt(size))
        self.B = nn.Parameter(torch.randn(size, size) / math.sqrt(size))

    @property
    def weight(self):
        return (1 - self.m) * torch.eye(self.size) - self.A.T @ self.A + self.B - self.B.T

    def forward(self, z):
        """Return z Wᵀ for z (B, n)."""
        return z @ self.weight.T.to(z.dtype)
