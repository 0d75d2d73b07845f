# Different: the closed form with a logarithm, as the help under the exercise gives it.
def banach_iterations(L, step0, tol):
    if L < 0 or L >= 1:
        raise ValueError(f"L must be in [0, 1), not {L}")
    if step0 == 0:
        return 0
    if L == 0:
        return int(step0 > tol)
    return max(0, math.ceil(math.log(tol * (1 - L) / step0) / math.log(L)))
