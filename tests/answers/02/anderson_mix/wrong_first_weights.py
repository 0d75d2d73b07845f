# Wrong: uses the weights of the first sample for all.
def anderson_mix(X, F, alpha, beta):
    alpha = alpha[:1].expand_as(alpha)
    a = alpha.reshape(*alpha.shape, *[1] * (X.dim() - 2))
    return beta * (a * F).sum(1) + (1 - beta) * (a * X).sum(1)
