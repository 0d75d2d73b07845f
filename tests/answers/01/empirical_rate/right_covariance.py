# Different: slope = covariance / variance, from torch.cov; the half is cut with torch.chunk's larger tail by hand.
def empirical_rate(residuals):
    largest = residuals.max() if residuals.numel() else 0.0
    r = residuals[residuals / largest > 1e-13] if largest > 0 else residuals[:0]
    if r.numel() < 2:
        raise ValueError("fewer than 2 entries above the floor")
    y = torch.log(r[-max(2, math.ceil(r.numel() / 2)) :])
    C = torch.cov(torch.stack([torch.arange(y.numel(), dtype=y.dtype), y]))
    return float(torch.exp(C[0, 1] / C[0, 0]))
