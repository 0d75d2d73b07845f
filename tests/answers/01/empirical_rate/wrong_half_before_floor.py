# Wrong: halves the whole list, floor included, and drops the floor then; too little is left, so two entries decide.
def empirical_rate(residuals):
    floor = 1e-13 * residuals.max() if len(residuals) else 0.0
    k = torch.nonzero(residuals > floor).flatten()
    if len(k) < 2:
        raise ValueError("fewer than 2 entries above the floor")
    half = k[k >= len(residuals) // 2]
    k = half if len(half) >= 2 else k[-2:]
    x, y = k.double() - k.double().mean(), residuals[k].log() - residuals[k].log().mean()
    return math.exp((x @ y) / (x @ x))
