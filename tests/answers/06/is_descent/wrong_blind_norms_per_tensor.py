# Violates: "each list is one long vector" (Σ ‖a_i‖ ‖b_i‖ for ‖a‖ ‖b‖: shows for several tensors and a margin > 0)
def is_descent(a, b, margin=0.0):
    ab = bound = 0.0
    for x, y in zip(a, b):
        if x is not None and y is not None:
            x, y = x.detach().double(), y.detach().double()
            ab += (x * y).sum().item()
            bound += (x.norm() * y.norm()).item()
    return ab > margin * bound
