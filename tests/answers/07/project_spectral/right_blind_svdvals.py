# right: largest singular value, early return
def project_spectral(W, c):
    if not c > 0:
        raise ValueError(f"c must be above 0, got {c}")
    sigma = torch.linalg.svdvals(W)[0]
    if bool(sigma <= c):
        return W.clone()
    return c * (W / sigma)
