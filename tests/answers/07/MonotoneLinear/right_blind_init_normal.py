# right: nn.init, the identity added on the diagonal
class MonotoneLinear(nn.Module):
    def __init__(self, size, m):
        if not m > 0:
            raise ValueError(f"m must be above 0, got {m}")
        super().__init__()
        self.size, self.m = size, float(m)
        self.A = nn.Parameter(torch.empty(size, size))
        self.B = nn.Parameter(torch.empty(size, size))
        for p in self.parameters():
            nn.init.normal_(p, mean=0.0, std=size**-0.5)

    @property
    def weight(self):
        free = self.B - self.B.mT - torch.einsum("ki,kj->ij", self.A, self.A)
        return free + torch.diag(free.new_full((self.size,), 1 - self.m))

    def forward(self, z):
        return nn.functional.linear(z, self.weight)
