# Right: two long vectors
def is_descent(a, b, margin=0.0):
    flat_a, flat_b = [], []
    for x, y in zip(a, b):
        shape_of = x if x is not None else y
        if shape_of is None:
            continue
        for flat, t in ((flat_a, x), (flat_b, y)):
            flat.append((torch.zeros_like(shape_of) if t is None else t.detach()).double().ravel())
    if not flat_a:
        return False
    p, q = torch.cat(flat_a), torch.cat(flat_b)
    return torch.gt(p.dot(q), margin * p.norm() * q.norm()).item()
