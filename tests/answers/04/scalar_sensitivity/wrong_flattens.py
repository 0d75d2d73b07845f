# Wrong: loses the shape.
def scalar_sensitivity(a, b):
    z = torch.zeros_like(b)
    for _ in range(1000):
        z = torch.tanh(a * z + b)
    s = 1 - z * z
    return (s * z / (1 - a * s)).flatten()
