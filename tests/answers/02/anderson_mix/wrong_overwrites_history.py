# Wrong: multiplies the weights into X and F in place, so the caller's history is destroyed.
def anderson_mix(X, F, alpha, beta):
    a = alpha.reshape(*alpha.shape, *[1] * (X.dim() - 2))
    return beta * F.mul_(a).sum(1) + (1 - beta) * X.mul_(a).sum(1)
