# Wrong: the direct effect of a is s z, not s b.
def scalar_sensitivity(a, b):
    z = torch.zeros_like(b)
    for _ in range(1000):
        z = torch.tanh(a * z + b)
    s = 1 - z * z
    return s * b / (1 - a * s)
