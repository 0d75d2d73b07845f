# Wrong: divides by the norm only once, at the end, so many iterations overflow or vanish before.
def spectral_norm(W, n_iter, generator):
    v = torch.randn(W.shape[1], generator=generator, dtype=W.dtype)
    for _ in range(n_iter):
        v = W.T @ (W @ v)
    return (W @ v).norm().item() / v.norm().item() if v.norm() > 0 else 0.0
