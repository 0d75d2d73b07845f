# Right: carries the derivative along with the state.
def scalar_sensitivity(a, b):
    z, d = torch.zeros_like(a), torch.zeros_like(a)
    for _ in range(1500):
        new = torch.tanh(a * z + b)
        d = (1 - new**2) * (z + a * d)
        z = new
    return d
