# Wrong: leaves with 0 as soon as step0 <= tol, although the bound at k = 0 is step0 / (1 - L).
def banach_iterations(L, step0, tol):
    if not 0 <= L < 1:
        raise ValueError("L must be in [0, 1)")
    if step0 <= tol:
        return 0
    if L == 0:
        return 1
    return max(0, math.ceil(math.log(tol * (1 - L) / step0) / math.log(L)))
