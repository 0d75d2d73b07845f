# violates: "W * (c / ‖W‖₂) where ‖W‖₂ > c, to a relative error of 1e-9"
def project_spectral(W, c):
    if not c > 0:
        raise ValueError("c must be above 0")
    norm = torch.linalg.matrix_norm(W, 2)
    if norm > c:
        return W * (c / (norm + 1e-6))
    return W.clone()
