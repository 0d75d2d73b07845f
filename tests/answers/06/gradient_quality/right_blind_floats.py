# Right: norms of norms with math.hypot, exact sums with math.fsum, plain floats
def gradient_quality(a, b):
    if len(a) != len(b) or any(x is not None and y is not None and x.shape != y.shape for x, y in zip(a, b)):
        raise ValueError("a and b do not match")
    wide = lambda t: t.detach().double()
    length = lambda ts: math.hypot(*(float(torch.linalg.vector_norm(wide(t))) for t in ts if t is not None))
    na, nb = length(a), length(b)
    inner = math.fsum(float(torch.sum(wide(x) * wide(y))) for x, y in zip(a, b) if x is not None and y is not None)
    return (inner / na / nb, na / nb) if na > 0 else (0.0, 0.0)
