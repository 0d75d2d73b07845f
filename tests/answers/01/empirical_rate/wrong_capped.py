# Wrong: capped at 1, where residuals that grow should give a rate above 1.
def empirical_rate(residuals):
    r = residuals[residuals > 1e-13 * residuals.max()] if len(residuals) else residuals
    if len(r) < 2:
        raise ValueError("fewer than 2 entries above the floor")
    r = r[min(len(r) // 2, len(r) - 2) :]
    k = torch.arange(len(r), dtype=r.dtype)
    k, y = k - k.mean(), r.log() - r.log().mean()
    return min(1.0, math.exp((k @ y) / (k @ k)))
