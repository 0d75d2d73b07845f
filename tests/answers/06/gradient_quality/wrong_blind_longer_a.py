# Violates: "ValueError: lists of different length" (an a that is longer than b is cut)
def gradient_quality(a, b):
    if len(a) < len(b):
        raise ValueError("lists of different length")
    ab = aa = bb = 0.0
    for x, y in zip(a, b):
        if x is not None and y is not None and x.shape != y.shape:
            raise ValueError("different shapes")
        if x is not None:
            aa += x.detach().double().square().sum().item()
        if y is not None:
            bb += y.detach().double().square().sum().item()
        if x is not None and y is not None:
            ab += (x.detach().double() * y.detach().double()).sum().item()
    if aa == 0:
        return 0.0, 0.0
    return ab / math.sqrt(aa * bb), math.sqrt(aa / bb)
