# Wrong: beta and rate look at hi alone; its factor is zeroed and the one at lo forgotten.
def optimal_damping(lo, hi):
    if hi >= 1 or lo > hi:
        raise ValueError("need lo <= hi < 1")
    beta = 1 / (1 - hi)
    return beta, abs(1 - beta * (1 - hi))
