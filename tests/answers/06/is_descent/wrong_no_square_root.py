# Wrong: squared margin left out.
def is_descent(a, b, margin=0.0):
    def dot(ps, qs):
        return sum((p * q).sum().item() for p, q in zip(ps, qs) if p is not None and q is not None)
    return dot(a, b) > 0 and dot(a, b) ** 2 > margin * dot(a, a) * dot(b, b)
