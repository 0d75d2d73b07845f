# Wrong: the threshold holds the length of dg instead of that of H dg.
def broyden_update(H, dz, dg, kind="good"):
    if kind not in ("good", "bad"):
        raise ValueError("kind must be good or bad")
    Hdg = H @ dg
    row = dz @ H if kind == "good" else dg
    along = row @ dg
    least = 1e-12 * dz.norm() * dg.norm() if kind == "good" else 0.0
    return H if along.abs() <= least else H + torch.outer(dz - Hdg, row) / along
