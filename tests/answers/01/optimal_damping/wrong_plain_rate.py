# Wrong: the right beta, but the rate is the undamped one, the larger size of the two eigenvalues.
def optimal_damping(lo, hi):
    if hi >= 1 or lo > hi:
        raise ValueError("need lo <= hi < 1")
    return 2 / (2 - lo - hi), max(abs(lo), abs(hi))
