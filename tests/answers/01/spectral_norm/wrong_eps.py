# Wrong: an eps in the denominator against 0/0, so for a small W the vector is not a unit vector.
def spectral_norm(W, n_iter, generator):
    v = torch.randn(W.shape[1], generator=generator, dtype=W.dtype)
    for _ in range(n_iter):
        v = W.T @ (W @ v)
        v = v / (v.norm() + 1e-12)
    return (W @ v).norm().item()
