# Wrong: the start comes from torch's global generator, not from the one that was handed in.
def spectral_norm(W, n_iter, generator):
    v = torch.randn(W.shape[1], dtype=W.dtype)
    v = v / v.norm()
    for _ in range(n_iter):
        w = W.T @ (W @ v)
        if w.norm() == 0:
            return 0.0
        v = w / w.norm()
    return (W @ v).norm().item()
