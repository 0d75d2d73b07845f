# Wrong: lo > hi is not refused but quietly swapped.
def optimal_damping(lo, hi):
    lo, hi = min(lo, hi), max(lo, hi)
    if hi >= 1:
        raise ValueError("hi must be below 1")
    return 2 / (2 - lo - hi), (hi - lo) / (2 - lo - hi)
