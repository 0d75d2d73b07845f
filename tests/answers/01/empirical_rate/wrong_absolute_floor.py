# Wrong: the floor is 1e-13 itself, not 1e-13 times the largest entry, so it depends on the unit of the residuals.
def empirical_rate(residuals):
    k = torch.nonzero(residuals > 1e-13).flatten()
    if len(k) < 2:
        raise ValueError("fewer than 2 entries above the floor")
    k = k[min(len(k) // 2, len(k) - 2) :]
    x, y = k.double() - k.double().mean(), residuals[k].log() - residuals[k].log().mean()
    return math.exp((x @ y) / (x @ x))
