# Wrong: the right beta, but the rate is the factor in the middle (0 there) plus half the width of the interval.
def optimal_damping(lo, hi):
    if hi >= 1 or lo > hi:
        raise ValueError("need lo <= hi < 1")
    beta = 2 / (2 - lo - hi)
    return beta, abs(1 - beta * (1 - (lo + hi) / 2)) + (hi - lo) / 2
