# Wrong: clamps and scales the residuals in place, so the caller's list is changed.
def empirical_rate(residuals):
    if len(residuals) == 0 or residuals.max() == 0:
        raise ValueError("fewer than 2 entries above the floor")
    residuals /= residuals.max().clone()
    r = residuals[residuals > 1e-13]
    if len(r) < 2:
        raise ValueError("fewer than 2 entries above the floor")
    r = r[min(len(r) // 2, len(r) - 2) :]
    k = torch.arange(len(r), dtype=r.dtype)
    k, y = k - k.mean(), r.log() - r.log().mean()
    return math.exp((k @ y) / (k @ k))
