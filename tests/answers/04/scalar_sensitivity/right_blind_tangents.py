# right: carries the tangent dz/da along the 1,000 Picard steps (forward mode, by hand)
def scalar_sensitivity(a, b):
    a, b = a.detach(), b.detach()
    z, dz = torch.zeros_like(b), torch.zeros_like(b)
    for _ in range(1000):
        inside = torch.addcmul(b, a, z)
        z, dz = torch.tanh(inside), (z + a * dz) / torch.cosh(inside) ** 2
    return dz
