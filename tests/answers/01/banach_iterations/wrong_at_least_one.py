# Wrong: at least one step, even if step0 is 0 or the tolerance holds at k = 0.
def banach_iterations(L, step0, tol):
    if not 0 <= L < 1:
        raise ValueError("L must be in [0, 1)")
    k = 1
    while L**k / (1 - L) * step0 > tol:
        k += 1
    return k
