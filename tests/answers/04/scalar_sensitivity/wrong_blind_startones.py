# Violates: "and exactly 0 where b = 0" (starts at 1, so a tiny z of about 0.95^1000 is left there).
def scalar_sensitivity(a, b):
    z = torch.ones_like(b)
    for _ in range(1000):
        z = torch.tanh(a * z + b)
    s = 1 - z**2
    return s * z / (1 - a * s)
