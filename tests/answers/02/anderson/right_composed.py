# Different: built from the learner's own anderson_weights and anderson_mix, history as one growing tensor.
def anderson(f, z0, m=5, beta=1.0, lam=1e-12, tol=1e-8, max_iter=100):
    z = z0
    answer, least = z0.clone(), torch.full(z0.shape[:1], float("inf"))
    done = least < 0
    X, F = z0[:, None][:, :0], z0[:, None][:, :0]
    measured = []
    while len(measured) < max_iter and not done.all():
        fz = f(z)
        g = fz - z
        r = torch.linalg.vector_norm(g, dim=1) / torch.linalg.vector_norm(fz, dim=1)
        r[(g == 0).all(1)] = 0.0
        measured.append(r)
        take = (r < least) & ~done
        answer[take], least[take] = z[take], r[take]
        done = done | (r <= tol)
        X, F = torch.cat([X, z[:, None]], 1)[:, -m:], torch.cat([F, fz[:, None]], 1)[:, -m:]
        z = anderson_mix(X, F, anderson_weights(F - X, lam), beta)
    return answer, torch.stack(measured)
