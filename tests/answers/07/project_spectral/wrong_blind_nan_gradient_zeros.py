# violates: "with a finite gradient for a matrix of zeros"
def project_spectral(W, c):
    if not c > 0:
        raise ValueError("c must be above 0")
    return W * torch.clamp(c / torch.linalg.matrix_norm(W, 2), max=1.0)
