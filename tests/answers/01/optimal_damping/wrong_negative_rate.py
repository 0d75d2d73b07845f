# Wrong: the factor at hi without the size bars and with the difference the wrong way round: a rate below 0.
def optimal_damping(lo, hi):
    if hi >= 1 or lo > hi:
        raise ValueError("need lo <= hi < 1")
    return 2 / (2 - lo - hi), (lo - hi) / (2 - lo - hi)
