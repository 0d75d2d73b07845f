# Wrong: the slope between the two ends of the half, not the least-squares line; a wobble at an end decides.
def empirical_rate(residuals):
    floor = 1e-13 * residuals.max() if len(residuals) else 0.0
    k = torch.nonzero(residuals > floor).flatten()
    if len(k) < 2:
        raise ValueError("fewer than 2 entries above the floor")
    k = k[min(len(k) // 2, len(k) - 2) :]
    a, b = k[0].item(), k[-1].item()
    return math.exp((residuals[b] / residuals[a]).log() / (b - a))
