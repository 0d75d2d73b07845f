# violates: "ValueError: c is not above 0 (NaN is not)."
def project_spectral(W, c):
    if c <= 0:
        raise ValueError("c must be above 0")
    norm = torch.linalg.matrix_norm(W, 2)
    return W * (c / norm) if norm > c else W.clone()
