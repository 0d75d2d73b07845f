# Different: the bound as a running product, shrunk by L each step; its rounding differs from that of L**k.
def banach_iterations(L, step0, tol):
    if not 0.0 <= L < 1.0:
        raise ValueError("L must be in [0, 1)")
    bound, k = step0 / (1.0 - L), 0
    while bound > tol:
        bound, k = bound * L, k + 1
    return k
