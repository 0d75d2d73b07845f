# Right: floats, tensor by tensor, lengths from math.hypot
def is_descent(a, b, margin=0.0):
    inner, size_a, size_b = 0.0, 0.0, 0.0
    for x, y in zip(a, b):
        x = None if x is None else x.detach().to(torch.float64)
        y = None if y is None else y.detach().to(torch.float64)
        size_a = size_a if x is None else math.hypot(size_a, x.norm().item())
        size_b = size_b if y is None else math.hypot(size_b, y.norm().item())
        inner += 0.0 if x is None or y is None else torch.mul(x, y).sum().item()
    return inner > margin * size_a * size_b
