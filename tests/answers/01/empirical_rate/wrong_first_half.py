# Wrong: keeps the first half of the entries above the floor, where the transient is.
def empirical_rate(residuals):
    r = residuals[residuals > 1e-13 * residuals.max()] if len(residuals) else residuals
    if len(r) < 2:
        raise ValueError("fewer than 2 entries above the floor")
    r = r[: max(2, len(r) // 2)]
    k = torch.arange(len(r), dtype=r.dtype)
    k, y = k - k.mean(), r.log() - r.log().mean()
    return math.exp((k @ y) / (k @ k))
