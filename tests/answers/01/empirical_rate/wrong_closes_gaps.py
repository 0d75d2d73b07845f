# Wrong: numbers the kept entries 0, 1, 2, ..., so where one was thrown away in between, k is no longer its own.
def empirical_rate(residuals):
    floor = 1e-13 * residuals.max() if len(residuals) else 0.0
    r = residuals[residuals > floor]
    if len(r) < 2:
        raise ValueError("fewer than 2 entries above the floor")
    r = r[min(len(r) // 2, len(r) - 2) :]
    k = torch.arange(len(r), dtype=r.dtype)
    x, y = k - k.mean(), r.log() - r.log().mean()
    return math.exp((x @ y) / (x @ x))
