# Different: k counted up, the bound written exactly as in the docstring.
def banach_iterations(L, step0, tol):
    if not 0 <= L < 1:
        raise ValueError("no contraction, no promise")
    k = 0
    while not L**k / (1 - L) * step0 <= tol:
        k += 1
    return k
