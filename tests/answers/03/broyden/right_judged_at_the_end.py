# Different: keeps B = H⁻¹ in batched matrices and solves; picks states at the end.
def broyden(f, z0, mem=10, tol=1e-8, max_iter=100):
    B, n = z0.shape
    states, residuals, H, count, reached = [z0.clone()], [], -torch.eye(n).repeat(B, 1, 1), 0, torch.zeros(B, dtype=torch.bool)
    values = []
    while True:
        z = states[-1]
        fz = f(z)
        values.append(fz - z)
        top, low = values[-1].pow(2).sum(1).sqrt(), fz.pow(2).sum(1).sqrt()
        residuals.append(torch.where(top == 0, 0.0, top / low))
        reached |= residuals[-1] <= tol
        if reached.all() or len(residuals) == max_iter:
            break
        if len(values) > 1:
            if count == mem:
                H, count = -torch.eye(n).repeat(B, 1, 1), 0
            dz, dg = states[-1] - states[-2], values[-1] - values[-2]
            h, row = torch.einsum("bij,bj->bi", H, dg), torch.einsum("bi,bij->bj", dz, H)
            d = (dz * h).sum(1)
            ok = d.abs() > 1e-12 * dz.norm(dim=1) * h.norm(dim=1)
            term = torch.einsum("bi,bj->bij", dz - h, row) / torch.where(ok, d, 1.0)[:, None, None]
            H, count = torch.where(ok[:, None, None], H + term, H), count + 1
        states.append(z - torch.einsum("bij,bj->bi", H, values[-1]))
    R = torch.stack(residuals)
    first = (R <= tol).int().argmax(0)
    pick = torch.where(reached, first, R.nan_to_num(nan=math.inf).argmin(0))
    return torch.stack(states)[pick, torch.arange(B)], R
