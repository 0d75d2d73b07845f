# Different: u and v in turn, each made a unit vector after its own half-step.
def spectral_norm(W, n_iter, generator):
    unit = lambda a: a / a.norm() if a.norm() > 0 else a
    v = unit(torch.randn(W.size(1), generator=generator, dtype=W.dtype))
    for _ in range(n_iter):
        u = unit(W @ v)
        v = unit(W.T @ u)
    return float((W @ v).norm())
