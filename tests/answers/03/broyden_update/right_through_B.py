# Different: good by updating B and inverting, bad directly.
def broyden_update(H, dz, dg, kind="good"):
    if kind == "good":
        Hdg = torch.mv(H, dg)
        if torch.dot(dz, Hdg).abs() <= 1e-12 * torch.linalg.vector_norm(dz) * torch.linalg.vector_norm(Hdg):
            return H.clone()
        d, y = dz / dz.norm(), dg / dz.norm()
        B = torch.linalg.inv(H)
        return torch.linalg.inv(B + torch.outer(y - B @ d, d))
    if kind == "bad":
        if not dg.any():
            return H.clone()
        y = dg / dg.norm()
        return H - torch.outer(H @ y - dz / dg.norm(), y)
    raise ValueError(kind)
