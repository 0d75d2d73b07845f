# Wrong: divides by the norm without asking whether it is 0: NaN for a zero matrix.
def spectral_norm(W, n_iter, generator):
    v = torch.randn(W.shape[1], generator=generator, dtype=W.dtype)
    for _ in range(n_iter):
        v = W.T @ (W @ v)
        v = v / v.norm()
    return (W @ v).norm().item()
