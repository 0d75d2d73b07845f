# Wrong: only L >= 1 is refused; a negative L is no constant of a contraction and should be, too.
def banach_iterations(L, step0, tol):
    if L >= 1:
        raise ValueError("not a contraction")
    k = 0
    while abs(L) ** k / (1 - L) * step0 > tol and k < 10**6:
        k += 1
    return k
