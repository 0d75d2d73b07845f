# Wrong: rounds down, so the bound is not yet reached.
def banach_iterations(L, step0, tol):
    if not 0 <= L < 1:
        raise ValueError("L must be in [0, 1)")
    if step0 / (1 - L) <= tol:
        return 0
    if L == 0:
        return 1
    return max(0, math.floor(math.log(tol * (1 - L) / step0) / math.log(L)))
