# Wrong: an empty list (of a run with no calls) stops with torch's error for max() of nothing, not with a ValueError.
def empirical_rate(residuals):
    r = residuals[residuals > 1e-13 * residuals.max()]
    if len(r) < 2:
        raise ValueError("fewer than 2 entries above the floor")
    r = r[min(len(r) // 2, len(r) - 2) :]
    k = torch.arange(len(r), dtype=r.dtype)
    k, y = k - k.mean(), r.log() - r.log().mean()
    return math.exp((k @ y) / (k @ k))
