# Wrong: applies WᵀW once less than n_iter says, since the random start is counted as the first iterate.
def spectral_norm(W, n_iter, generator):
    v = torch.randn(W.shape[1], generator=generator, dtype=W.dtype)
    v = v / v.norm()
    for _ in range(1, n_iter):
        w = W.T @ (W @ v)
        if w.norm() == 0:
            return 0.0
        v = w / w.norm()
    return (W @ v).norm().item()
