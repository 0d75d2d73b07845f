# Wrong: lo > hi is not refused; the formulas run on.
def optimal_damping(lo, hi):
    if hi >= 1:
        raise ValueError("hi must be below 1")
    beta = 2 / (2 - lo - hi) if lo + hi < 2 else 1.0
    return beta, max(abs(1 - beta * (1 - lo)), abs(1 - beta * (1 - hi)))
