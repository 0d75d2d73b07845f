# Wrong: the factor 1 / (1 - L) is forgotten; L^k step0 bounds the next step, not the error.
def banach_iterations(L, step0, tol):
    if not 0 <= L < 1:
        raise ValueError("L must be in [0, 1)")
    k = 0
    while L**k * step0 > tol:
        k += 1
    return k
