# Wrong: the weights lose their signs.
def anderson_mix(X, F, alpha, beta):
    a = alpha.abs().reshape(*alpha.shape, *[1] * (X.dim() - 2))
    return beta * (a * F).sum(1) + (1 - beta) * (a * X).sum(1)
