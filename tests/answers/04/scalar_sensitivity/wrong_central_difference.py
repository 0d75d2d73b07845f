# Wrong: a central finite difference, still an approximation.
def scalar_sensitivity(a, b):
    def find(a):
        z = torch.zeros_like(b)
        for _ in range(1000):
            z = torch.tanh(a * z + b)
        return z
    return (find(a + 1e-4) - find(a - 1e-4)) / 2e-4
