# Wrong: writes into W.
def project_spectral(W, c):
    if not c > 0:
        raise ValueError(f"c must be positive, got {c!r}")
    norm = torch.linalg.matrix_norm(W, 2)
    if norm > c:
        W.data.mul_(c / norm.detach())
    return W * 1
