# Wrong: the mean ratio over the half, which telescopes to its two ends; no fit, so a wobble at an end decides.
def empirical_rate(residuals):
    r = residuals[residuals > 1e-13 * residuals.max()] if len(residuals) else residuals
    if len(r) < 2:
        raise ValueError("fewer than 2 entries above the floor")
    r = r[min(len(r) // 2, len(r) - 2) :]
    return (r[1:] / r[:-1]).log().mean().exp().item()
