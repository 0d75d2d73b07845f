# Wrong: one more for the call that gave step0; k in the bound already counts it.
def banach_iterations(L, step0, tol):
    if not 0 <= L < 1:
        raise ValueError("L must be in [0, 1)")
    k = 0
    while L**k / (1 - L) * step0 > tol:
        k += 1
    return k + 1 if k > 0 else 0
