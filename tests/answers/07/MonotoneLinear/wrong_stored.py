# Wrong: W is computed once, in the constructor.
class MonotoneLinear(nn.Module):

    def __init__(self, size, m):
        super().__init__()
        if not m > 0:
            raise ValueError(f"m must be positive, got {m!r}")
        self.m = m
        self.A = nn.Parameter(torch.randn(size, size) / math.sqrt(size))
        self.B = nn.Parameter(torch.randn(size, size) / math.sqrt(size))
        self.kept = ((1 - m) * torch.eye(size) - self.A.T @ self.A + self.B - self.B.T).detach()

    @property
    def weight(self):
        return self.kept

    def forward(self, z):
        return z @ self.weight.T
