# Wrong: returns the old inverse where it should raise.
def sherman_morrison(Binv, u, v):
    column, row = Binv @ u, v @ Binv
    pivot = 1 + v @ column
    if pivot.abs() <= 1e-10:
        return Binv
    return Binv - torch.outer(column, row) / pivot
