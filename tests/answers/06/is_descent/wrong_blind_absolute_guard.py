# Violates: "bool: ⟨a, b⟩ > margin ‖a‖ ‖b‖" (gradients shorter than 1e-8 count as zero)
def is_descent(a, b, margin=0.0):
    dot = lambda p, q: sum((x.detach().double() * y.detach().double()).sum().item() for x, y in zip(p, q) if x is not None and y is not None)
    ab, na, nb = dot(a, b), math.sqrt(dot(a, a)), math.sqrt(dot(b, b))
    if na < 1e-8 or nb < 1e-8:
        return False
    return ab > margin * na * nb
