# Wrong: inverts back and forth, which loses digits where B⁻¹ is nearly singular.
def sherman_morrison(Binv, u, v):
    if (1 + v @ Binv @ u).abs() <= 1e-10:
        raise ValueError("singular")
    return torch.linalg.inv(torch.linalg.inv(Binv) + torch.outer(u, v))
