# violates: "Differentiable in W, also where it is scaled (the norm depends on W too)"
def project_spectral(W, c):
    if not c > 0:
        raise ValueError("c must be above 0")
    with torch.no_grad():
        norm = torch.linalg.matrix_norm(W, 2)
        factor = c / norm if norm > c else torch.ones_like(norm)
    return W * factor
