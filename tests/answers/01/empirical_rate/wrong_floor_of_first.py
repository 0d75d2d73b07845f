# Wrong: the floor is measured from the first entry, which is not the largest when the residuals grow at first.
def empirical_rate(residuals):
    r = residuals[residuals > 1e-13 * residuals[:1]]
    if len(r) < 2:
        raise ValueError("fewer than 2 entries above the floor")
    r = r[min(len(r) // 2, len(r) - 2) :]
    k = torch.arange(len(r), dtype=r.dtype)
    k, y = k - k.mean(), r.log() - r.log().mean()
    return math.exp((k @ y) / (k @ k))
