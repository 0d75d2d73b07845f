# Different: WᵀW once as a matrix, a uniform start, and the root of the Rayleigh quotient (vᵀ WᵀW v = ‖W v‖²).
def spectral_norm(W, n_iter, generator):
    G = W.T @ W
    v = torch.rand(len(G), generator=generator, dtype=W.dtype) - 0.5
    for _ in range(n_iter):
        v = torch.mv(G, v)
        if not v.any():
            return 0.0
        v = torch.nn.functional.normalize(v, dim=0, eps=0.0)
    return math.sqrt(max(0.0, torch.dot(v, G @ v).item()))
