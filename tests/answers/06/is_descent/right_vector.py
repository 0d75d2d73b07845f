# Right: one long vector, by zeros.
def is_descent(a, b, margin=0.0):
    def dot(ps, qs):
        return sum((p.double() * q.double()).sum().item() for p, q in zip(ps, qs) if p is not None and q is not None)
    shapes = [x if x is not None else y for x, y in zip(a, b)]
    def flat(ts):
        parts = [(torch.zeros_like(s) if t is None else t).double().flatten() for t, s in zip(ts, shapes) if s is not None]
        return torch.cat(parts) if parts else torch.zeros(1)
    x, y = flat(a), flat(b)
    return bool((x @ y > margin * x.norm() * y.norm()).item())
