# Wrong: zips lists of different length.
def gradient_quality(a, b):
    def flat(ts, other):
        parts = [torch.zeros_like(o) if t is None else t for t, o in zip(ts, other) if t is not None or o is not None]
        return torch.cat([p.detach().double().flatten() for p in parts])
    x, y = flat(a, b), flat(b, a)
    if not x.any():
        return 0.0, 0.0
    n = min(len(x), len(y))
    x, y = x[:n], y[:n]
    return x @ y / (x.norm() * y.norm()), x.norm() / y.norm()
