# right: U is drawn first, in place; norm by the largest eigenvalue of W Wᵀ; forward by einsum
class InjectedCell(nn.Module):
    """One step z⁺ = tanh(W z + U x + b) for each row of a batch."""

    def __init__(self, size, inputs, norm, generator):
        super().__init__()
        for name, columns in (("U", inputs), ("W", size)):
            self.register_parameter(name, nn.Parameter(torch.empty(size, columns).normal_(std=columns**-0.5, generator=generator)))
        with torch.no_grad():
            self.W.mul_(norm / torch.linalg.eigvalsh(self.W @ self.W.T)[-1].sqrt())
        self.b = nn.Parameter(self.W.new_zeros(size))

    def forward(self, z, x):
        pre = torch.einsum("ij,bj->bi", self.W, z) + torch.einsum("ij,bj->bi", self.U, x)
        return (pre + self.b.unsqueeze(0)).tanh()
