# Wrong: not cut off at 0, so a tolerance that holds at once gives a negative count.
def banach_iterations(L, step0, tol):
    if not 0 <= L < 1:
        raise ValueError("L must be in [0, 1)")
    if step0 == 0:
        return 0
    if L == 0:
        return 0 if step0 <= tol else 1
    return math.ceil(math.log(tol * (1 - L) / step0) / math.log(L))
