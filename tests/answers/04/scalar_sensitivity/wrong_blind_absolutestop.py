# Violates: "each entry to a relative error of 1e-9" (stops on an absolute change, so small z is cut off early).
def scalar_sensitivity(a, b):
    z = torch.zeros_like(b)
    for _ in range(1000):
        new = torch.tanh(a * z + b)
        done = (new - z).abs().max() <= 1e-12
        z = new
        if done:
            break
    s = 1 - z**2
    return s * z / (1 - a * s)
