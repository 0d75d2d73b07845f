# Wrong: a state of more than one dimension comes back as a flat vector.
def anderson_mix(X, F, alpha, beta):
    a = alpha.reshape(*alpha.shape, *[1] * (X.dim() - 2))
    z = beta * (a * F).sum(1) + (1 - beta) * (a * X).sum(1)
    return z.flatten(1)
