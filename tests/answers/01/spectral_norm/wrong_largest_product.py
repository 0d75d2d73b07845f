# Wrong: the largest entry of W v instead of its norm.
def spectral_norm(W, n_iter, generator):
    v = torch.randn(W.shape[1], generator=generator, dtype=W.dtype)
    v = v / v.norm()
    for _ in range(n_iter):
        w = W.T @ (W @ v)
        if w.norm() == 0:
            return 0.0
        v = w / w.norm()
    return (W @ v).abs().max().item()
