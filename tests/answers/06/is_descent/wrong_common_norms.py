# Wrong: norms over common entries only.
def is_descent(a, b, margin=0.0):
    def dot(ps, qs):
        return sum((p * q).sum().item() for p, q in zip(ps, qs) if p is not None and q is not None)
    pairs = [(x, y) for x, y in zip(a, b) if x is not None and y is not None]
    a, b = [x for x, _ in pairs], [y for _, y in pairs]
    return dot(a, b) > margin * (dot(a, a) * dot(b, b)) ** 0.5
