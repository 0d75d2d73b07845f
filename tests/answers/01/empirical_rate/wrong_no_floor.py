# Wrong: fits all of the last half; only exact zeros are dropped, the floor of rounding is kept.
def empirical_rate(residuals):
    r = residuals[residuals > 0]
    if len(r) < 2:
        raise ValueError("fewer than 2 entries")
    r = r[min(len(r) // 2, len(r) - 2) :]
    k = torch.arange(len(r), dtype=r.dtype)
    k, y = k - k.mean(), r.log() - r.log().mean()
    return math.exp((k @ y) / (k @ k))
