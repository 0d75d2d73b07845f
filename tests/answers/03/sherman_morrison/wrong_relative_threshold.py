# Wrong: the pivot is compared with the lengths of v and B^-1 u; the threshold has no unit.
def sherman_morrison(Binv, u, v):
    column, row = Binv @ u, v @ Binv
    pivot = 1 + v @ column
    if pivot.abs() <= 1e-10 * v.norm() * column.norm():
        raise ValueError("B + u vT is singular or nearly so")
    return Binv - torch.outer(column, row) / pivot
