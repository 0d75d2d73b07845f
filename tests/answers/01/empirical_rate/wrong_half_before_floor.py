# Wrong: takes the last half first and drops the floor then, so a long floor leaves too few entries or none.
def empirical_rate(residuals):
    r = residuals[len(residuals) // 2 :]
    r = r[r > 1e-13 * residuals.max()]
    if len(r) < 2:
        raise ValueError("fewer than 2 entries above the floor")
    k = torch.arange(len(r), dtype=r.dtype)
    k, y = k - k.mean(), r.log() - r.log().mean()
    return math.exp((k @ y) / (k @ k))
