# Different: a Python loop over rows, each with its own lists and its own least-squares problem; done rows stand still.
def anderson(f, z0, m=5, beta=1.0, lam=1e-12, tol=1e-8, max_iter=100):
    B = z0.shape[0]
    z, residuals = z0.clone(), []
    best = [(math.inf, z0[i].clone()) for i in range(B)]
    done, past = [False] * B, [[] for _ in range(B)]
    for _ in range(max_iter):
        fz = f(z)
        new, row = z.clone(), []
        for i in range(B):
            x, y = z[i].clone(), fz[i].clone()
            r = 0.0 if torch.equal(x, y) else float((y - x).norm() / y.norm())
            r = r if math.isfinite(r) and x.isfinite().all() else math.inf
            row.append(r)
            if done[i]:
                continue
            if r < best[i][0]:
                best[i] = (r, x)
            if r <= tol:
                done[i] = True
                continue
            past[i] = (past[i] + [(x, y)])[-m:]
            states, values = (torch.stack(t, 1) for t in zip(*past[i]))
            step = y * beta + x * (1 - beta)
            if len(past[i]) > 1:
                g = values - states
                D = g.diff(dim=1)
                size = D.norm(dim=0)
                size[size == 0] = 1.0
                k = D.shape[1]
                left = torch.cat([D / size, math.sqrt(lam) * torch.eye(k)])
                right = torch.cat([g[:, -1], torch.zeros(k)])
                if left.isfinite().all() and right.isfinite().all():
                    gamma = torch.linalg.lstsq(left, right[:, None]).solution[:, 0] / size
                    step = step - (beta * values.diff(dim=1) + (1 - beta) * states.diff(dim=1)) @ gamma
            new[i] = step
        residuals.append(row)
        if all(done):
            break
        z = new
    return torch.stack([b for _, b in best]), torch.tensor(residuals)
