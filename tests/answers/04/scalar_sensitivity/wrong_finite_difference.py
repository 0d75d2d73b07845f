# Wrong: a one-sided finite difference, good to about 1e-7.
def scalar_sensitivity(a, b):
    def find(a):
        z = torch.zeros_like(b)
        for _ in range(1000):
            z = torch.tanh(a * z + b)
        return z
    return (find(a + 1e-8) - find(a)) / 1e-8
