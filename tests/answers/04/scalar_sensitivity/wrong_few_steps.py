# Wrong: 50 steps do not reach the equilibrium for a near 1.
def scalar_sensitivity(a, b):
    z = torch.zeros_like(b)
    for _ in range(50):
        z = torch.tanh(a * z + b)
    s = 1 - z * z
    return s * z / (1 - a * s)
