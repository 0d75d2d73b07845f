# violates: "drawn independently: normal, mean 0, standard deviation 1/√size" (uniform on ±1/√size, as nn.Linear does)
class MonotoneLinear(nn.Module):
    def __init__(self, size, m):
        super().__init__()
        if not m > 0:
            raise ValueError("m must be above 0")
        self.size, self.m = size, m
        r = 1 / math.sqrt(size)
        self.A = nn.Parameter(torch.empty(size, size).uniform_(-r, r))
        self.B = nn.Parameter(torch.empty(size, size).uniform_(-r, r))

    @property
    def weight(self):
        eye = torch.eye(self.size, dtype=self.A.dtype, device=self.A.device)
        return (1 - self.m) * eye - self.A.T @ self.A + self.B - self.B.T

    def forward(self, z):
        """Return z Wᵀ for z (B, n)."""
        return z @ self.weight.T
