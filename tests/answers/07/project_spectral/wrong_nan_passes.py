# Wrong: a comparison that NaN passes.
def project_spectral(W, c):
    if c <= 0:
        raise ValueError(f"c must be positive, got {c!r}")
    norm = torch.linalg.matrix_norm(W, 2)
    return W * (c / norm) if norm > c else W * 1
