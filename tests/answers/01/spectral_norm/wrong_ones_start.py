# Wrong: starts at a vector of ones, not at random; it can be orthogonal to the direction that is looked for.
def spectral_norm(W, n_iter, generator):
    v = torch.ones(W.shape[1], dtype=W.dtype)
    v = v / v.norm()
    for _ in range(n_iter):
        w = W.T @ (W @ v)
        if w.norm() == 0:
            return 0.0
        v = w / w.norm()
    return (W @ v).norm().item()
