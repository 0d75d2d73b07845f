# Different: k doubled until the bound holds, then bisected; no logarithm and few evaluations for L near 1.
def banach_iterations(L, step0, tol):
    if L >= 1 or L < 0:
        raise ValueError("L must be at least 0 and below 1")
    enough = lambda k: L**k / (1 - L) * step0 <= tol
    if enough(0):
        return 0
    high = 1
    while not enough(high):
        high *= 2
    low = high // 2
    while high - low > 1:
        mid = (low + high) // 2
        low, high = (low, mid) if enough(mid) else (mid, high)
    return high
