# Wrong: the rate has roots of the condition number; that belongs to a method with momentum, not to this beta.
def optimal_damping(lo, hi):
    if hi >= 1 or lo > hi:
        raise ValueError("need lo <= hi < 1")
    kappa = math.sqrt((1 - lo) / (1 - hi))
    return 2 / (2 - lo - hi), (kappa - 1) / (kappa + 1)
