# Wrong: the last half is rounded down; of 5 entries it fits 2, not 3.
def empirical_rate(residuals):
    floor = 1e-13 * residuals.max() if len(residuals) else 0.0
    k = torch.nonzero(residuals > floor).flatten()
    if len(k) < 2:
        raise ValueError("fewer than 2 entries above the floor")
    k = k[-max(2, len(k) // 2) :]
    x, y = k.double() - k.double().mean(), residuals[k].log() - residuals[k].log().mean()
    return math.exp((x @ y) / (x @ x))
