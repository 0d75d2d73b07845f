# Wrong: most tensors have to descend.
def is_descent(a, b, margin=0.0):
    def dot(ps, qs):
        return sum((p * q).sum().item() for p, q in zip(ps, qs) if p is not None and q is not None)
    votes = [dot([x], [y]) > margin * (dot([x], [x]) * dot([y], [y])) ** 0.5 for x, y in zip(a, b)]
    return sum(votes) > len(votes) / 2
