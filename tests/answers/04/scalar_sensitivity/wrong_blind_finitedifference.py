# Violates: "each entry to a relative error of 1e-9 (a finite difference is not that good)".
def scalar_sensitivity(a, b):
    def find(a):
        z = torch.zeros_like(b)
        for _ in range(1000):
            z = torch.tanh(a * z + b)
        return z

    h = 1e-5
    return (find(a + h) - find(a - h)) / (2 * h)
