# Wrong: the last v is not normalised, so the result is ‖W v‖ for a v that is too long or too short.
def spectral_norm(W, n_iter, generator):
    v = torch.randn(W.shape[1], generator=generator, dtype=W.dtype)
    for _ in range(n_iter):
        if v.norm() == 0:
            return 0.0
        v = W.T @ (W @ (v / v.norm()))
    return (W @ v).norm().item()
