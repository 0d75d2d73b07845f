# Right: sums by math.fsum.
def gradient_quality(a, b):
    if len(a) != len(b):
        raise ValueError("lengths")
    for x, y in zip(a, b):
        if x is not None and y is not None and x.shape != y.shape:
            raise ValueError("shapes")
    def flat(ts, other):
        parts = [torch.zeros_like(o) if t is None else t for t, o in zip(ts, other) if t is not None or o is not None]
        return torch.cat([p.detach().double().flatten() for p in parts])
    def dot(ps, qs):
        pairs = [(p, q) for p, q in zip(ps, qs) if p is not None and q is not None]
        return math.fsum((p.detach().double() * q.detach().double()).sum().item() for p, q in pairs)
    na, nb = math.sqrt(dot(a, a)), math.sqrt(dot(b, b))
    return (0.0 if na == 0 else dot(a, b) / na / nb), na / nb
