# Wrong: returns a tensor.
def is_descent(a, b, margin=0.0):
    def dot(ps, qs):
        return sum((p * q).sum().item() for p, q in zip(ps, qs) if p is not None and q is not None)
    return torch.tensor(dot(a, b)) > margin * (dot(a, a) * dot(b, b)) ** 0.5
