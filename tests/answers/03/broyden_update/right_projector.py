# Different: good and bad as secant part plus what is kept.
def broyden_update(H, dz, dg, kind="good"):
    n = len(dz)
    if kind == "bad":
        if (dg == 0).all():
            return H
        P = torch.outer(dg, dg) / (dg @ dg)
        return H @ (torch.eye(n) - P) + torch.outer(dz, dg) / (dg @ dg)
    if kind != "good":
        raise ValueError("kind")
    r = H.T @ dz
    if torch.abs(dz @ (H @ dg)) <= 1e-12 * torch.norm(dz) * torch.norm(H @ dg):
        return H
    return H @ (torch.eye(n) - torch.outer(dg, r) / (r @ dg)) + torch.outer(dz, r) / (r @ dg)
