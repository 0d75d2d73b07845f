# Wrong: scales W in place against overflow, so the caller's matrix is changed.
def spectral_norm(W, n_iter, generator):
    scale = W.abs().max().item()
    if scale == 0:
        return 0.0
    W /= scale
    v = torch.randn(W.shape[1], generator=generator, dtype=W.dtype)
    for _ in range(n_iter):
        v = W.T @ (W @ v)
        v = v / v.norm()
    return scale * (W @ v).norm().item()
