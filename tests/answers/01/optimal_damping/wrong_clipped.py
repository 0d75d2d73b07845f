# Wrong: beta is cut off at 1, but over-relaxation is allowed and better where lo + hi > 0.
def optimal_damping(lo, hi):
    if hi >= 1 or lo > hi:
        raise ValueError("need lo <= hi < 1")
    beta = min(1.0, 2 / (2 - lo - hi))
    return beta, max(abs(1 - beta * (1 - lo)), abs(1 - beta * (1 - hi)))
