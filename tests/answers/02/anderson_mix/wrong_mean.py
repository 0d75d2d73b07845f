# Wrong: the mean over the pairs instead of the sum, then short by a factor m.
def anderson_mix(X, F, alpha, beta):
    a = alpha.reshape(*alpha.shape, *[1] * (X.dim() - 2))
    return beta * (a * F).mean(1) + (1 - beta) * (a * X).mean(1)
