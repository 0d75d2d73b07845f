# Wrong: three steps of power iteration from ones: an estimate from below.
def project_spectral(W, c):
    if not c > 0:
        raise ValueError("c must be positive")
    v = torch.ones(W.shape[1])
    for _ in range(3):
        v = W.T @ (W @ v)
        v = v / v.norm() if v.norm() > 0 else v
    norm = (W @ v).norm()
    return W * (c / norm) if norm > c else W * 1
