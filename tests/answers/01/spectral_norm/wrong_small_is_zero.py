# Wrong: anything below 1e-10 counts as a zero matrix, so a small W has the norm 0.
def spectral_norm(W, n_iter, generator):
    v = torch.randn(W.shape[1], generator=generator, dtype=W.dtype)
    v = v / v.norm()
    for _ in range(n_iter):
        w = W.T @ (W @ v)
        if w.norm() < 1e-10:
            return 0.0
        v = w / w.norm()
    return (W @ v).norm().item()
