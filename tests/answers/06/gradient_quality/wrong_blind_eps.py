# Violates: "⟨a, b⟩ / (‖a‖ ‖b‖) and ‖a‖ / ‖b‖" for "entries of 1e-30" (an absolute 1e-12 in the denominators)
def gradient_quality(a, b):
    if len(a) != len(b):
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
    na, nb = math.sqrt(aa), math.sqrt(bb)
    return ab / (na * nb + 1e-12), na / (nb + 1e-12)
