# Wrong: the second term is taken away instead of added.
def anderson_mix(X, F, alpha, beta):
    a = alpha.reshape(*alpha.shape, *[1] * (X.dim() - 2))
    return beta * (a * F).sum(1) - (1 - beta) * (a * X).sum(1)
