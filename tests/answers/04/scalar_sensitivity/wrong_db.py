# Wrong: the derivative with respect to b.
def scalar_sensitivity(a, b):
    z = torch.zeros_like(b)
    for _ in range(1000):
        z = torch.tanh(a * z + b)
    s = 1 - z * z
    return s / (1 - a * s)
