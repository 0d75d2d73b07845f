# Wrong: the rate looks at hi alone and keeps its sign at beta of the middle weighted to lo.
def optimal_damping(lo, hi):
    if hi >= 1 or lo > hi:
        raise ValueError("need lo <= hi < 1")
    beta = 1 / (1 - lo) if lo < 0 else 1.0
    return beta, abs(1 - beta * (1 - hi))
