# Wrong: refuses L = 1 only, where 1 - L divides by 0; L > 1 gives a "promise" of 0 from a negative bound.
def banach_iterations(L, step0, tol):
    if L == 1 or L < 0:
        raise ValueError("1 / (1 - L) has no value")
    k = 0
    while L**k / (1 - L) * step0 > tol:
        k += 1
    return k
