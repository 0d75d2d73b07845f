# Wrong: looks for a bound below tol, not at most tol: one step too many where both are equal.
def banach_iterations(L, step0, tol):
    if not 0 <= L < 1:
        raise ValueError("L must be in [0, 1)")
    k, bound = 0, step0 / (1 - L)
    while bound >= tol:
        bound *= L
        k += 1
    return k
