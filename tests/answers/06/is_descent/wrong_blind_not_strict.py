# Violates: "⟨a, b⟩ > margin ‖a‖ ‖b‖, strictly" (equality counts, unless ⟨a, b⟩ = 0)
def is_descent(a, b, margin=0.0):
    dot = lambda p, q: sum((x.detach().double() * y.detach().double()).sum().item() for x, y in zip(p, q) if x is not None and y is not None)
    ab, na, nb = dot(a, b), math.sqrt(dot(a, a)), math.sqrt(dot(b, b))
    return ab > 0 and ab >= margin * na * nb
