# Wrong: eigenvalues in the place of singular values.
def project_spectral(W, c):
    if not c > 0:
        raise ValueError(f"c must be positive, got {c!r}")
    norm = torch.linalg.eigvals(W).abs().max() if W.shape[0] == W.shape[1] else torch.linalg.matrix_norm(W, 2)
    return W * (c / norm) if norm > c else W * 1
