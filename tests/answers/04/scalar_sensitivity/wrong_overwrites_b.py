# Wrong: iterates in the memory of b.
def scalar_sensitivity(a, b):
    start = b.clone()
    z = b.mul_(0)
    for _ in range(1000):
        z.copy_(torch.tanh(a * z + start))
    s = 1 - z * z
    return s * z / (1 - a * s)
