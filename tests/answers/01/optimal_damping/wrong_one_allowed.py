# Wrong: refuses hi > 1 only; at hi = 1 its factor is 1 at every beta, and the docstring wants a ValueError.
def optimal_damping(lo, hi):
    if hi > 1 or lo > hi:
        raise ValueError("need lo <= hi < 1")
    if lo == 1:
        return 1.0, 1.0
    return 2 / (2 - lo - hi), (hi - lo) / (2 - lo - hi)
