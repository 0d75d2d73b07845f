# Wrong: seeds the global generator from the one given
class InjectedCell(nn.Module):
    def __init__(self, size, inputs, norm, generator):
        super().__init__()
        torch.manual_seed(generator.initial_seed())
        W = torch.randn(size, size)
        U = torch.randn(size, inputs, generator=generator)
        self.W = nn.Parameter(W * (norm / torch.linalg.matrix_norm(W, 2)))
        self.U = nn.Parameter(U / math.sqrt(inputs))
        self.b = nn.Parameter(torch.zeros(size))

    def forward(self, z, x):
        return torch.tanh(z @ self.W.T + x @ self.U.T + self.b)
