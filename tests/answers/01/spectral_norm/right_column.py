# Different: a column (n, 1), scaled by its largest entry on the way, a unit vector only at the end.
def spectral_norm(W, n_iter, generator):
    v = torch.randn((W.shape[1], 1), generator=generator, dtype=W.dtype)
    for _ in range(n_iter):
        v = W.mT.matmul(W.matmul(v))
        top = v.abs().max().item()
        v = v / top if top > 0.0 else v
    length = torch.linalg.vector_norm(v).item()
    return torch.linalg.vector_norm(W @ v).item() / length if length > 0.0 else 0.0
