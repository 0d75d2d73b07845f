# Wrong: L = 0 always gives 1, even where the start is already good enough (0^0 is 1).
def banach_iterations(L, step0, tol):
    if not 0 <= L < 1:
        raise ValueError("L must be in [0, 1)")
    if L == 0:
        return 1
    if step0 == 0:
        return 0
    return max(0, math.ceil(math.log(tol * (1 - L) / step0) / math.log(L)))
