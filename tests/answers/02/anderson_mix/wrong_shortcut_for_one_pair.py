# Wrong: with one pair it returns f at that state, undamped.
def anderson_mix(X, F, alpha, beta):
    if X.shape[1] == 1:
        return F[:, 0]
    a = alpha.reshape(*alpha.shape, *[1] * (X.dim() - 2))
    return beta * (a * F).sum(1) + (1 - beta) * (a * X).sum(1)
