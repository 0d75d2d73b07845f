# Violates: "or None, which counts as zeros" (where a[i] is None, b[i] is left out of b's norm)
def gradient_quality(a, b):
    if len(a) != len(b):
        raise ValueError("lists of different length")
    ab = aa = bb = 0.0
    for x, y in zip(a, b):
        if x is not None and y is not None and x.shape != y.shape:
            raise ValueError("different shapes")
        if x is None:
            continue
        x = x.detach().double()
        aa += (x * x).sum().item()
        if y is not None:
            y = y.detach().double()
            ab += (x * y).sum().item()
            bb += (y * y).sum().item()
    if aa == 0:
        return 0.0, 0.0
    return ab / math.sqrt(aa * bb), math.sqrt(aa / bb)
