# Wrong: refuses every radius of at least 1, although damping saves eigenvalues at or below -1.
def optimal_damping(lo, hi):
    if lo > hi or max(abs(lo), abs(hi)) >= 1:
        raise ValueError("the map does not contract")
    return 2 / (2 - lo - hi), (hi - lo) / (2 - lo - hi)
