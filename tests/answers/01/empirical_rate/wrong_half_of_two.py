# Wrong: of two entries the last half is one, through which no line goes: NaN, though at least two are to be used.
def empirical_rate(residuals):
    floor = 1e-13 * residuals.max() if len(residuals) else 0.0
    k = torch.nonzero(residuals > floor).flatten()
    if len(k) < 2:
        raise ValueError("fewer than 2 entries above the floor")
    k = k[len(k) // 2 :]
    x, y = k.double() - k.double().mean(), residuals[k].log() - residuals[k].log().mean()
    return math.exp((x @ y) / (x @ x))
