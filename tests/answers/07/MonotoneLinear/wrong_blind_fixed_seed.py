# violates: "how A and B start; two layers differ" (first line of check 7.2c)
class MonotoneLinear(nn.Module):
    def __init__(self, size, m):
        super().__init__()
        if not m > 0:
            raise ValueError("m must be above 0")
        self.size, self.m = size, m
        gen = torch.Generator().manual_seed(0)  # leave the global one alone
        self.A = nn.Parameter(torch.randn(size, size, generator=gen) / math.sqrt(size))
        self.B = nn.Parameter(torch.randn(size, size, generator=gen) / math.sqrt(size))

    @property
    def weight(self):
        eye = torch.eye(self.size, dtype=self.A.dtype, device=self.A.device)
        return (1 - self.m) * eye - self.A.T @ self.A + self.B - self.B.T

    def forward(self, z):
        """Return z Wᵀ for z (B, n)."""
        return z @ self.weight.T
