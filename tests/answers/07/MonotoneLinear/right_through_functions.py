# Right: built from F.linear and a sum of outer products.
class MonotoneLinear(nn.Module):
    def __init__(self, size, m):
        super().__init__()
        if not 0 < m:
            raise ValueError("m must be positive")
        self.size, self.margin = size, float(m)
        for name in "AB":
            self.register_parameter(name, nn.Parameter(torch.empty(size, size).normal_(std=size**-0.5)))

    @property
    def weight(self):
        gram = torch.einsum("ki,kj->ij", self.A, self.A)
        W = self.B - self.B.transpose(0, 1) - gram
        return W + (1 - self.margin) * torch.ones(self.size, dtype=W.dtype).diag()

    def forward(self, z):
        return nn.functional.linear(z, self.weight)
