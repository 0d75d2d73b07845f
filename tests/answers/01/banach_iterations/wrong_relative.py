# Wrong: tol is taken relative to step0, not in its unit.
def banach_iterations(L, step0, tol):
    if not 0 <= L < 1:
        raise ValueError("L must be in [0, 1)")
    if step0 == 0:
        return 0
    k = 0
    while L**k / (1 - L) > tol:
        k += 1
    return k
