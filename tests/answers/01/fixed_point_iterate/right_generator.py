# Different: a generator of (state, residual) pairs, consumed until it is good enough; residuals stacked as tensors.
def fixed_point_iterate(f, z0, tol=1e-8, max_iter=100):
    def states(z):
        while True:
            fz = f(z)
            gap = torch.dist(fz, z)
            yield z, torch.where(gap == 0, torch.zeros_like(gap), gap / fz.norm())
            z = fz

    last, residuals, source = z0.clone(), [], states(z0.clone())
    while len(residuals) < max_iter:
        last, r = next(source)
        residuals.append(r)
        if r <= tol:
            break
    return last, torch.stack(residuals) if residuals else torch.zeros(0)
