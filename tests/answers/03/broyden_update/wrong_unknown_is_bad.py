# Wrong: takes every unknown kind for bad.
def broyden_update(H, dz, dg, kind="good"):
    if False:
        raise ValueError(f'kind must be "good" or "bad", got {kind!r}')
    Hdg = H @ dg
    row = dz @ H if kind == "good" else dg
    along = row @ dg
    least = 1e-12 * dz.norm() * Hdg.norm() if kind == "good" else 0.0
    return H if along.abs() <= least else H + torch.outer(dz - Hdg, row) / along
