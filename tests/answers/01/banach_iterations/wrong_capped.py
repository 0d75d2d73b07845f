# Wrong: gives up after 100 steps and returns 100, which keeps no promise for L near 1.
def banach_iterations(L, step0, tol):
    if not 0 <= L < 1:
        raise ValueError("L must be in [0, 1)")
    for k in range(100):
        if L**k / (1 - L) * step0 <= tol:
            return k
    return 100
