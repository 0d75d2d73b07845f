# right: the call never forms W
class MonotoneLinear(nn.Module):
    def __init__(self, size, m):
        super().__init__()
        if math.isnan(m) or m <= 0:
            raise ValueError("the margin must be positive")
        self.keep = 1 - m
        both = torch.normal(0.0, 1 / math.sqrt(size), (2, size, size))
        self.register_parameter("A", nn.Parameter(both[0].clone()))
        self.register_parameter("B", nn.Parameter(both[1].clone()))

    def forward(self, z):
        """Return z Wᵀ for z (B, n)."""
        return self.keep * z - (z @ self.A.T) @ self.A + z @ self.B.T - z @ self.B

    @property
    def weight(self):
        A, B = self.A, self.B
        eye = torch.eye(A.shape[0], dtype=A.dtype, device=A.device)
        return torch.addmm(self.keep * eye + B - B.T, A.T, A, alpha=-1)
