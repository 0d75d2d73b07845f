# Wrong: squeeze also drops the batch dimension when there is one sample, and state dimensions of size 1.
def anderson_mix(X, F, alpha, beta):
    a = alpha.reshape(*alpha.shape, *[1] * (X.dim() - 2))
    return (beta * (a * F).sum(1) + (1 - beta) * (a * X).sum(1)).squeeze()
