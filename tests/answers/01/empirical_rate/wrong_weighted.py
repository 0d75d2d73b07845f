# Wrong: a weighted fit, each entry by its size, so the first entries of the half decide; least squares weighs all alike.
def empirical_rate(residuals):
    floor = 1e-13 * residuals.max() if len(residuals) else 0.0
    k = torch.nonzero(residuals > floor).flatten()
    if len(k) < 2:
        raise ValueError("fewer than 2 entries above the floor")
    k = k[min(len(k) // 2, len(k) - 2) :]
    x, r = k.double(), residuals[k]
    x, y = x - (r * x).sum() / r.sum(), r.log() - (r * r.log()).sum() / r.sum()
    return math.exp((r * x * y).sum() / (r * x * x).sum())
