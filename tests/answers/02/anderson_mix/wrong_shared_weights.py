# Wrong: the weights are averaged over the batch, so every sample gets the same.
def anderson_mix(X, F, alpha, beta):
    alpha = alpha.mean(0, keepdim=True).expand_as(alpha)
    a = alpha.reshape(*alpha.shape, *[1] * (X.dim() - 2))
    return beta * (a * F).sum(1) + (1 - beta) * (a * X).sum(1)
