# Wrong: takes any c.
def project_spectral(W, c):
    norm = torch.linalg.matrix_norm(W, 2)
    return W * (c / norm) if norm > c else W * 1
