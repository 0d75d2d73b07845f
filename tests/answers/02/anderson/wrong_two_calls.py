# Wrong: calls f twice a step, once for the residual and once for the step, and counts it as one.
def anderson(f, z0, m=5, beta=1.0, lam=1e-12, tol=1e-8, max_iter=100):
    z, best = z0.clone(), z0.clone()
    least = torch.full((len(z0),), math.inf)
    done = torch.zeros(len(z0), dtype=torch.bool)
    X, F, residuals = [], [], []
    for _ in range(max_iter):
        fz = f(z)
        gap = (fz - z).norm(dim=1)
        r = torch.where(gap > 0, gap / fz.norm(dim=1), gap)
        residuals.append(r)
        better = ~done & (r < least)
        best = torch.where(better[:, None], z, best)
        least = torch.where(better, r, least)
        done = done | (r <= tol)
        if done.all():
            break
        X, F = [*X, z][-m:], [*F, f(z)][-m:]
        z = mixed_step(torch.stack(X, 1), torch.stack(F, 1), beta, lam)
    return best, torch.stack(residuals)
