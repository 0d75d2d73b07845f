# Wrong: beta makes the factor of lo zero, which leaves hi slow; at the best beta both ends are equal.
def optimal_damping(lo, hi):
    if hi >= 1 or lo > hi:
        raise ValueError("need lo <= hi < 1")
    beta = 1 / (1 - lo)
    return beta, max(abs(1 - beta * (1 - lo)), abs(1 - beta * (1 - hi)))
