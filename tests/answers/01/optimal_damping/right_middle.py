# Different: beta makes the factor in the middle of the interval zero; the rate is read off at the ends.
def optimal_damping(lo, hi):
    if not lo <= hi < 1:
        raise ValueError("need lo <= hi < 1")
    beta = 1 / (1 - (lo + hi) / 2)
    return beta, max(abs(1 - beta * (1 - end)) for end in (lo, hi))
