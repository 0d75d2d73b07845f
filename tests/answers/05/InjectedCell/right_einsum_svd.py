# Right: U drawn first, the norm by svdvals, einsum
class InjectedCell(nn.Module):
    def __init__(self, size, inputs, norm, generator):
        super().__init__()
        U = torch.empty(size, inputs).normal_(generator=generator)
        W = torch.empty(size, size).normal_(generator=generator)
        self.W = nn.Parameter(W * (norm / torch.linalg.svdvals(W).max()))
        self.U = nn.Parameter(U / math.sqrt(inputs))
        self.b = nn.Parameter(torch.zeros(size))

    def forward(self, z, x):
        return torch.tanh(torch.einsum('ij,bj->bi', self.W, z) + x @ self.U.T + self.b)
