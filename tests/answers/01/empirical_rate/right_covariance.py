# Different: slope = covariance / variance, from torch.cov, on residuals scaled by the largest.
def empirical_rate(residuals):
    largest = residuals.max() if residuals.numel() else 0.0
    mask = residuals / largest > 1e-13 if largest > 0 else torch.zeros_like(residuals, dtype=torch.bool)
    points = torch.stack([torch.arange(len(residuals), dtype=torch.float64)[mask], residuals[mask].double().log()])
    if points.shape[1] < 2:
        raise ValueError("fewer than 2 entries above the floor")
    C = torch.cov(points[:, -max(2, math.ceil(points.shape[1] / 2)) :])
    return float(torch.exp(C[0, 1] / C[0, 0]))
