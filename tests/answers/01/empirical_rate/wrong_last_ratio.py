# Wrong: the ratio of the last two entries above the floor, not a fit on the half; one wobble decides.
def empirical_rate(residuals):
    r = residuals[residuals > 1e-13 * residuals.max()] if len(residuals) else residuals
    if len(r) < 2:
        raise ValueError("fewer than 2 entries above the floor")
    return (r[-1] / r[-2]).item()
