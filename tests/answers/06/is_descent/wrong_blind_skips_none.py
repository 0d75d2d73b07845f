# Violates: "tensors of matching shapes or None (zeros)" (a pair with a None is left out of the norms too: shows for a margin > 0)
def is_descent(a, b, margin=0.0):
    pairs = [(x.detach().double(), y.detach().double()) for x, y in zip(a, b) if x is not None and y is not None]
    ab = sum((x * y).sum().item() for x, y in pairs)
    aa = sum((x * x).sum().item() for x, y in pairs)
    bb = sum((y * y).sum().item() for x, y in pairs)
    return ab > margin * math.sqrt(aa * bb)
