# Wrong: the best of a grid of 2,000 betas in (0, 2]; an approximation, and the best beta can lie above 2.
def optimal_damping(lo, hi):
    if hi >= 1 or lo > hi:
        raise ValueError("need lo <= hi < 1")
    worst = lambda beta: max(abs(1 - beta * (1 - lo)), abs(1 - beta * (1 - hi)))
    beta = min((k / 1000 for k in range(1, 2001)), key=worst)
    return beta, worst(beta)
