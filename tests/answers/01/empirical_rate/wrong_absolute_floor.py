# Wrong: the floor is 1e-13 itself, not 1e-13 times the largest entry, so it depends on the unit of the residuals.
def empirical_rate(residuals):
    r = residuals[residuals > 1e-13]
    if len(r) < 2:
        raise ValueError("fewer than 2 entries above the floor")
    r = r[min(len(r) // 2, len(r) - 2) :]
    k = torch.arange(len(r), dtype=r.dtype)
    k, y = k - k.mean(), r.log() - r.log().mean()
    return math.exp((k @ y) / (k @ k))
