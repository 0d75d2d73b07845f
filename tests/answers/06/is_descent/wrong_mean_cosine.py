# Wrong: the mean of the tensors' cosines.
def is_descent(a, b, margin=0.0):
    def dot(ps, qs):
        return sum((p * q).sum().item() for p, q in zip(ps, qs) if p is not None and q is not None)
    cs = [dot([x], [y]) / (dot([x], [x]) * dot([y], [y]) or 1.0) ** 0.5 for x, y in zip(a, b)]
    return sum(cs) / len(cs) > margin
