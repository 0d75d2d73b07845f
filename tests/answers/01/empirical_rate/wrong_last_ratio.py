# Wrong: the ratio of the last two entries above the floor, not a fit on the half; one wobble decides.
def empirical_rate(residuals):
    floor = 1e-13 * residuals.max() if len(residuals) else 0.0
    k = torch.nonzero(residuals > floor).flatten()
    if len(k) < 2:
        raise ValueError("fewer than 2 entries above the floor")
    a, b = k[-2:].tolist()
    return (residuals[b] / residuals[a]).item() ** (1 / (b - a))
