# Wrong: stops when the largest step is below 1e-6, which is far from the equilibrium when a is near 1.
def scalar_sensitivity(a, b):
    z, step = torch.zeros_like(b), 1.0
    while step > 1e-6:
        new = torch.tanh(a * z + b)
        step, z = (new - z).abs().max(), new
    s = 1 - z * z
    return s * z / (1 - a * s)
