# Wrong: an empty list (of a run with no calls) stops with torch's error for max() of nothing, not with a ValueError.
def empirical_rate(residuals):
    floor = 1e-13 * residuals.max()
    k = torch.nonzero(residuals > floor).flatten()
    if len(k) < 2:
        raise ValueError("fewer than 2 entries above the floor")
    k = k[min(len(k) // 2, len(k) - 2) :]
    x, y = k.double() - k.double().mean(), residuals[k].log() - residuals[k].log().mean()
    return math.exp((x @ y) / (x @ x))
