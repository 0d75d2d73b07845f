# Wrong: a mean over tensors.
def gradient_quality(a, b):
    if len(a) != len(b):
        raise ValueError("lengths")
    for x, y in zip(a, b):
        if x is not None and y is not None and x.shape != y.shape:
            raise ValueError("shapes")
    def flat(ts, other):
        parts = [torch.zeros_like(o) if t is None else t for t, o in zip(ts, other) if t is not None or o is not None]
        return torch.cat([p.detach().double().flatten() for p in parts])
    cs, rs = [], []
    for x, y in zip(a, b):
        if x is None and y is None:
            continue
        x, y = (flat([x], [y]), flat([y], [x]))
        if not x.any() or not y.any():
            cs.append(torch.tensor(0.0)); rs.append(torch.tensor(0.0)); continue
        cs.append(x @ y / (x.norm() * y.norm())); rs.append(x.norm() / y.norm())
    return torch.stack(cs).mean().item(), torch.stack(rs).mean().item()
