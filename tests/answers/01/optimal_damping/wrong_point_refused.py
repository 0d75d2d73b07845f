# Wrong: lo = hi is refused, although lo <= hi is allowed (one step then solves it: rate 0).
def optimal_damping(lo, hi):
    if hi >= 1 or lo >= hi:
        raise ValueError("need lo < hi < 1")
    return 2 / (2 - lo - hi), (hi - lo) / (2 - lo - hi)
