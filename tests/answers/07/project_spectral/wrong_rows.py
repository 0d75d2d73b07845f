# Wrong: bounds each row by itself.
def project_spectral(W, c):
    if not c > 0:
        raise ValueError(f"c must be positive, got {c!r}")
    norm = W.norm(dim=1, keepdim=True)
    return W * (c / norm.clamp(min=c))
