# Right: Newton's method for z, then the formula in terms of cosh.
def scalar_sensitivity(a, b):
    z = torch.tanh(b)
    for _ in range(1000):
        z = torch.tanh(a * z + b)
    for _ in range(3):
        t = torch.tanh(a * z + b)
        z = z - (t - z) / (a * (1 - t * t) - 1)
    return z / (torch.cosh(a * z + b) ** 2 - a)
