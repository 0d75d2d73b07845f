# violates: "W * (c / ‖W‖₂) where ‖W‖₂ > c, to a relative error of 1e-9"
def project_spectral(W, c):
    if not c > 0:
        raise ValueError("c must be above 0")
    with torch.no_grad():
        v = torch.randn(W.shape[1], generator=torch.Generator().manual_seed(0), dtype=W.dtype)
        for _ in range(30):
            u = nn.functional.normalize(W @ v, dim=0)
            v = nn.functional.normalize(W.T @ u, dim=0)
    norm = u @ W @ v
    return W * (c / norm) if norm > c else W.clone()
