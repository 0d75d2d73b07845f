# Different: column by column: solve for vᵀx, then put it back.
def sherman_morrison(Binv, u, v):
    Bu = (Binv * u).sum(1)
    d = 1 + (v * Bu).sum()
    if not d.abs() > 1e-10:
        raise ValueError("no inverse")
    columns = []
    for j in range(Binv.shape[1]):
        b = Binv[:, j]
        columns.append(b - Bu * ((v * b).sum() / d))
    return torch.stack(columns, dim=1)
