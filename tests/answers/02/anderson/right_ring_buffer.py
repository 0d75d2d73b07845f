# Different: all states are stored first and judged at the end; a fixed buffer whose columns are turned, then mixed_step.
def anderson(f, z0, m=5, beta=1.0, lam=1e-12, tol=1e-8, max_iter=100):
    B, n = z0.shape
    X, F = torch.empty(B, m, n), torch.empty(B, m, n)
    states, residuals = [z0.clone()], []
    reached = torch.zeros(B, dtype=torch.bool)
    for k in range(max_iter):
        z = states[-1]
        fz = f(z)
        top, below = (fz - z).pow(2).sum(1).sqrt(), fz.pow(2).sum(1).sqrt()
        residuals.append(torch.where(top == 0, 0.0, top / below))
        reached |= residuals[-1] <= tol
        if reached.all() or k == max_iter - 1:
            break
        X[:, k % m], F[:, k % m] = z, fz
        order = [j % m for j in range(max(0, k - m + 1), k + 1)]
        states.append(mixed_step(X[:, order], F[:, order], beta, lam))
    R = torch.stack(residuals)
    first = (R <= tol).to(torch.int8).argmax(dim=0)
    smallest = R.nan_to_num(nan=math.inf).argmin(dim=0)
    pick = torch.where(reached, first, smallest)
    return torch.stack(states)[pick, torch.arange(B)], R
