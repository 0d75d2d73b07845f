# Different: good by Sherman and Morrison on unit vectors.
def broyden_update(H, dz, dg, kind="good"):
    rows = {"good": lambda: H.T @ dz, "bad": lambda: dg}
    if kind not in rows:
        raise ValueError(f"unknown kind {kind}")
    h = H @ dg
    if kind == "good":
        a, b = dz.norm(), h.norm()
        if a == 0 or b == 0 or ((dz / a) @ (h / b)).abs() <= 1e-12:
            return H
        d = dz / a
        u = (dg - torch.linalg.solve(H, dz)) / a
        Hu, dH = H @ u, d @ H
        return H - torch.outer(Hu, dH) / (1 + d @ Hu)
    size = dg.norm()
    if size == 0:
        return H
    return H + torch.outer((dz - h) / size, dg / size)
