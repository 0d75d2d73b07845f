# Wrong: the 1-norm, the largest column sum.
def project_spectral(W, c):
    if not c > 0:
        raise ValueError(f"c must be positive, got {c!r}")
    norm = torch.linalg.matrix_norm(W, 1)
    return W * (c / norm) if norm > c else W * 1
