# Different: dz and dg are divided by the largest entry of dg first, which changes neither update.
def broyden_update(H, dz, dg, kind="good"):
    if kind != "good" and kind != "bad":
        raise ValueError("kind must be good or bad")
    unit = dg.abs().max()
    if unit == 0:
        return H
    dz, dg = dz / unit, dg / unit
    Hdg = H.mv(dg)
    if kind == "bad":
        return H + (dz - Hdg)[:, None] * (dg / dg.square().sum())[None, :]
    along = dz.dot(Hdg)
    if along.abs() <= 1e-12 * dz.norm() * Hdg.norm():
        return H
    return H + (dz - Hdg)[:, None] * (dz @ H / along)[None, :]
