# Wrong: takes the generator's seed and reseeds torch's global generator with it, which must stay untouched.
def spectral_norm(W, n_iter, generator):
    torch.manual_seed(generator.initial_seed())
    v = torch.randn(W.shape[1], dtype=W.dtype)
    v = v / v.norm()
    for _ in range(n_iter):
        w = W.T @ (W @ v)
        if w.norm() == 0:
            return 0.0
        v = w / w.norm()
    return (W @ v).norm().item()
