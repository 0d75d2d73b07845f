# Wrong: power iteration on W itself (zeros make it square), which finds the radius, not the norm.
def spectral_norm(W, n_iter, generator):
    m, n = W.shape
    A = torch.zeros(max(m, n), max(m, n), dtype=W.dtype)
    A[:m, :n] = W
    v = torch.randn(len(A), generator=generator, dtype=W.dtype)
    size = v.norm()
    for _ in range(n_iter):
        v = v / v.norm()
        v = A @ v
        size = v.norm()
        if size == 0:
            return 0.0
    return size.item()
