# Wrong: with lo = hi it sees nothing to balance and takes no damping, where one step at 1 / (1 - lo) solves it.
def optimal_damping(lo, hi):
    if hi >= 1 or lo > hi:
        raise ValueError("need lo <= hi < 1")
    if lo == hi:
        return 1.0, abs(lo)
    return 2 / (2 - lo - hi), (hi - lo) / (2 - lo - hi)
