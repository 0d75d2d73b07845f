# Wrong: beta on the states and 1 - beta on the values.
def anderson_mix(X, F, alpha, beta):
    a = alpha.reshape(*alpha.shape, *[1] * (X.dim() - 2))
    return beta * (a * X).sum(1) + (1 - beta) * (a * F).sum(1)
