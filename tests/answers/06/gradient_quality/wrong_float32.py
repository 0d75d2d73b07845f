# Wrong: computes in float32.
def gradient_quality(a, b):
    if len(a) != len(b):
        raise ValueError("lengths")
    for x, y in zip(a, b):
        if x is not None and y is not None and x.shape != y.shape:
            raise ValueError("shapes")
    def flat(ts, other):
        parts = [torch.zeros_like(o) if t is None else t for t, o in zip(ts, other) if t is not None or o is not None]
        return torch.cat([p.detach().double().flatten() for p in parts])
    x, y = flat(a, b).float(), flat(b, a).float()
    if not x.any():
        return 0.0, 0.0
    return x @ y / (x @ x * (y @ y)).sqrt(), ((x @ x) / (y @ y)).sqrt()
