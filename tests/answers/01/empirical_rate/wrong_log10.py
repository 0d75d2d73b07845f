# Wrong: fits log10 of the residuals and undoes it with exp.
def empirical_rate(residuals):
    r = residuals[residuals > 1e-13 * residuals.max()] if len(residuals) else residuals
    if len(r) < 2:
        raise ValueError("fewer than 2 entries above the floor")
    y = r[min(len(r) // 2, len(r) - 2) :].log10()
    k = torch.arange(len(y), dtype=y.dtype)
    k, y = k - k.mean(), y - y.mean()
    return math.exp((k @ y) / (k @ k))
