# Wrong: W is a plain tensor, so it is not trained
class InjectedCell(nn.Module):
    def __init__(self, size, inputs, norm, generator):
        super().__init__()
        W = torch.randn(size, size, generator=generator)
        U = torch.randn(size, inputs, generator=generator)
        self.W = W * (norm / torch.linalg.matrix_norm(W, 2))
        self.U = nn.Parameter(U / math.sqrt(inputs))
        self.b = nn.Parameter(torch.zeros(size))

    def forward(self, z, x):
        return torch.tanh(z @ self.W.T + x @ self.U.T + self.b)
