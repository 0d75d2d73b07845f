# Wrong: multiplies in the tensors' own dtype, where float32 entries of 1e-30 vanish.
def is_descent(a, b, margin=0.0):
    inner = sum((x * y).sum().item() for x, y in zip(a, b) if x is not None and y is not None)
    size = [math.sqrt(sum(t.square().sum().item() for t in ts if t is not None)) for ts in (a, b)]
    return inner > margin * size[0] * size[1]
