# Wrong: takes the size of lo + hi, in the belief that eigenvalues call for smaller steps whatever their sign.
def optimal_damping(lo, hi):
    if hi >= 1 or lo > hi:
        raise ValueError("need lo <= hi < 1")
    beta = 2 / (2 + abs(lo + hi))
    return beta, max(abs(1 - beta * (1 - lo)), abs(1 - beta * (1 - hi)))
