# Violates: "The tensors may be float32 with entries of 1e-30: compute in float64." (squares in float32, sums in float64)
def gradient_quality(a, b):
    if len(a) != len(b):
        raise ValueError("lists of different length")
    ab = aa = bb = 0.0
    for x, y in zip(a, b):
        if x is not None and y is not None and x.shape != y.shape:
            raise ValueError("different shapes")
        if x is not None:
            aa += (x.detach() ** 2).double().sum().item()
        if y is not None:
            bb += (y.detach() ** 2).double().sum().item()
        if x is not None and y is not None:
            ab += (x.detach() * y.detach()).double().sum().item()
    if aa == 0 or bb == 0:
        return 0.0, 0.0
    return ab / math.sqrt(aa * bb), math.sqrt(aa / bb)
