# Right: compares squares.
def is_descent(a, b, margin=0.0):
    def dot(ps, qs):
        return sum((p.double() * q.double()).sum().item() for p, q in zip(ps, qs) if p is not None and q is not None)
    ab = dot(a, b)
    return bool(ab > 0 and ab * ab > margin**2 * dot(a, a) * dot(b, b))
