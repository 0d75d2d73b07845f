# Different: forward-mode products, one a column, and an explicit inverse-free LU.
def newton_fixed_point(f, z0, tol=1e-10, max_iter=20):
    n, z, history = z0.numel(), z0.clone(), []
    for step in range(max_iter + 1):
        value = f(z)
        g = value - z
        top, bottom = torch.linalg.vector_norm(g), torch.linalg.vector_norm(value)
        history.append(torch.zeros(()) if bool((g == 0).all()) else top / bottom)
        if history[-1] <= tol or step == max_iter:
            break
        columns = [torch.func.jvp(f, (z,), (e,))[1] for e in torch.eye(n)]
        B = torch.stack(columns, 1) - torch.eye(n)
        LU, pivots = torch.linalg.lu_factor(B)
        z = z - torch.linalg.lu_solve(LU, pivots, g[:, None])[:, 0]
    return z, torch.tensor([float(r) for r in history])
