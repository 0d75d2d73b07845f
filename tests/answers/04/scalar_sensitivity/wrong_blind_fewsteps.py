# Violates: "each entry to a relative error of 1e-9" / "1,000 Picard steps from 0 find it to rounding" (100 steps only).
def scalar_sensitivity(a, b):
    z = torch.zeros_like(b)
    for _ in range(100):
        z = torch.tanh(a * z + b)
    s = 1 - z**2
    return s * z / (1 - a * s)
