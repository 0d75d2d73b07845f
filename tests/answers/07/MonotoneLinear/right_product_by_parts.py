# Right: the product without W: each part by itself.
class MonotoneLinear(nn.Module):
    def __init__(self, size, m):
        super().__init__()
        if not m > 0:
            raise ValueError("m must be positive")
        self.m = m
        A, B = torch.randn(2, size, size) / size**0.5
        self.A, self.B = nn.Parameter(A.clone()), nn.Parameter(B.clone())

    @property
    def weight(self):
        return self(torch.eye(len(self.A)).to(self.A)).T

    def forward(self, z):
        return (1 - self.m) * z - z @ self.A.T @ self.A + z @ self.B.T - z @ self.B
