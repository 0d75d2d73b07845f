# Wrong: the states are added in full, without the factor 1 - beta.
def anderson_mix(X, F, alpha, beta):
    a = alpha.reshape(*alpha.shape, *[1] * (X.dim() - 2))
    return beta * (a * F).sum(1) + (beta != 1) * (a * X).sum(1)
