# Wrong: looks at the sizes, not at the shapes.
def gradient_quality(a, b):
    def flat(ts, other):
        parts = [torch.zeros_like(o) if t is None else t for t, o in zip(ts, other) if t is not None or o is not None]
        return torch.cat([p.detach().double().flatten() for p in parts])
    if len(a) != len(b):
        raise ValueError("lengths")
    if any(x is not None and y is not None and x.numel() != y.numel() for x, y in zip(a, b)):
        raise ValueError("sizes")
    x, y = flat(a, b), flat(b, a)
    if not x.any():
        return 0.0, 0.0
    return x @ y / (x.norm() * y.norm()), x.norm() / y.norm()
