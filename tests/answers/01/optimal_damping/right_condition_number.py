# Different: the rate from the condition number of 1 - J, and beta from the rate at hi.
def optimal_damping(lo, hi):
    if lo > hi:
        raise ValueError("lo must not be above hi")
    if hi >= 1:
        raise ValueError("an eigenvalue of at least 1 runs away at every damping")
    kappa = (1 - lo) / (1 - hi)
    rate = (kappa - 1) / (kappa + 1)
    return (1 - rate) / (1 - hi), rate
