# Different: as a product: (I - B⁻¹u vᵀ / pivot) B⁻¹.
def sherman_morrison(Binv, u, v):
    n = len(u)
    x = torch.mv(Binv, u)
    s = torch.dot(v, x).item() + 1.0
    if abs(s) <= 1e-10:
        raise ValueError(f"1 + v Binv u = {s}")
    return (torch.eye(n) - torch.ger(x, v) / s) @ Binv
