# Wrong: applies the weights to the history in the opposite order.
def anderson_mix(X, F, alpha, beta):
    a = alpha.flip(1).reshape(*alpha.shape, *[1] * (X.dim() - 2))
    return beta * (a * F).sum(1) + (1 - beta) * (a * X).sum(1)
