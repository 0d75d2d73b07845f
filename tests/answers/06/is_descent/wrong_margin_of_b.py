# Wrong: relative to ‖b‖² alone.
def is_descent(a, b, margin=0.0):
    def dot(ps, qs):
        return sum((p * q).sum().item() for p, q in zip(ps, qs) if p is not None and q is not None)
    return dot(a, b) > margin * dot(b, b)
