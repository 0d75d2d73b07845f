# Wrong: the Frobenius norm, which is larger.
def project_spectral(W, c):
    if not c > 0:
        raise ValueError(f"c must be positive, got {c!r}")
    norm = torch.linalg.norm(W)
    return W * (c / norm) if norm > c else W * 1
