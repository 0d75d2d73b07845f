# Right: one formula: the norm is never taken below c.
def project_spectral(W, c):
    if not c > 0:
        raise ValueError("c must be positive")
    norm = torch.linalg.svdvals(W)[0]
    return W * 1 if norm <= c else W / norm * c
