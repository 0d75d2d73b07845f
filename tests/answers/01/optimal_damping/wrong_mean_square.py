# Wrong: minimises the mean of the squared factors over the interval, not the largest factor.
def optimal_damping(lo, hi):
    if hi >= 1 or lo > hi:
        raise ValueError("need lo <= hi < 1")
    a, b = 1 - hi, 1 - lo
    beta = 1.5 * (a + b) / (a * a + a * b + b * b)
    return beta, max(abs(1 - beta * a), abs(1 - beta * b))
