# Wrong: fits every entry above the floor, the transient included, not the last half of them.
def empirical_rate(residuals):
    r = residuals[residuals > 1e-13 * residuals.max()] if len(residuals) else residuals
    if len(r) < 2:
        raise ValueError("fewer than 2 entries above the floor")
    k = torch.arange(len(r), dtype=r.dtype)
    k, y = k - k.mean(), r.log() - r.log().mean()
    return math.exp((k @ y) / (k @ k))
