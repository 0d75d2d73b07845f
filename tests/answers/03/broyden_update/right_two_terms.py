# Different: a row r with r dg = 1 is found first; then H dg r is taken out and dz r put in.
def broyden_update(H, dz, dg, kind="good"):
    old = H @ dg
    if kind == "good":
        along = torch.dot(dz, old)
        if torch.abs(along) <= 1e-12 * torch.linalg.vector_norm(dz) * torch.linalg.vector_norm(old):
            return H.clone()
        r = H.T @ dz / along
    elif kind == "bad":
        if not dg.any():
            return H.clone()
        r = dg / torch.dot(dg, dg)
    else:
        raise ValueError("kind must be good or bad")
    return H - torch.outer(old, r) + torch.outer(dz, r)
