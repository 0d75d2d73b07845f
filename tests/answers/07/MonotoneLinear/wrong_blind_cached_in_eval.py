# violates: "`weight` is W, computed anew at each access"
class MonotoneLinear(nn.Module):
    def __init__(self, size, m):
        super().__init__()
        if not m > 0:
            raise ValueError("m must be above 0")
        self.size, self.m = size, m
        self.A = nn.Parameter(torch.randn(size, size) / math.sqrt(size))
        self.B = nn.Parameter(torch.randn(size, size) / math.sqrt(size))
        self._cached = None

    @property
    def weight(self):
        if self.training:
            self._cached = None
        elif self._cached is not None:
            return self._cached
        eye = torch.eye(self.size, dtype=self.A.dtype, device=self.A.device)
        W = (1 - self.m) * eye - self.A.T @ self.A + self.B - self.B.T
        if not self.training:
            self._cached = W
        return W

    def forward(self, z):
        """Return z Wᵀ for z (B, n)."""
        return z @ self.weight.T
