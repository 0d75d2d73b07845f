# Violates: "Differentiate the equilibrium z of z = tanh(a z + b) with respect to a" for a < 0 ("Every |a| <= 0.95"): 1 - |a| s.
def scalar_sensitivity(a, b):
    z = torch.zeros_like(b)
    for _ in range(1000):
        z = torch.tanh(a * z + b)
    s = 1 - z**2
    rate = (a * s).abs()  # the echoes die out at this rate
    return s * z / (1 - rate)
