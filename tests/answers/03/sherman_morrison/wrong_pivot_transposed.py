# Wrong: u and v are exchanged in the pivot, the same only for symmetric B.
def sherman_morrison(Binv, u, v):
    column, row = Binv @ u, v @ Binv
    pivot = 1 + u @ Binv @ v
    if pivot.abs() <= 1e-10:
        raise ValueError("B + u vT is singular or nearly so")
    return Binv - torch.outer(column, row) / pivot
