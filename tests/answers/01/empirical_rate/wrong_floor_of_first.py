# Wrong: the floor is measured from the first entry, which is not the largest when the residuals grow at first.
def empirical_rate(residuals):
    k = torch.nonzero(residuals > 1e-13 * residuals[:1]).flatten()
    if len(k) < 2:
        raise ValueError("fewer than 2 entries above the floor")
    k = k[min(len(k) // 2, len(k) - 2) :]
    x, y = k.double() - k.double().mean(), residuals[k].log() - residuals[k].log().mean()
    return math.exp((x @ y) / (x @ x))
