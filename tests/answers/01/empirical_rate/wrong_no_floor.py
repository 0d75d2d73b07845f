# Wrong: fits all of the last half; only exact zeros are dropped, the floor of rounding is kept.
def empirical_rate(residuals):
    k = torch.nonzero(residuals).flatten()
    if len(k) < 2:
        raise ValueError("fewer than 2 entries above the floor")
    k = k[min(len(k) // 2, len(k) - 2) :]
    x, y = k.double() - k.double().mean(), residuals[k].log() - residuals[k].log().mean()
    return math.exp((x @ y) / (x @ x))
