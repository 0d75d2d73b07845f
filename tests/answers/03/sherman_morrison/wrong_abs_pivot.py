# Wrong: divided by the absolute value of the pivot, wrong where it is negative.
def sherman_morrison(Binv, u, v):
    column, row = Binv @ u, v @ Binv
    pivot = 1 + v @ column
    if pivot.abs() <= 1e-10:
        raise ValueError("B + u vT is singular or nearly so")
    return Binv - torch.outer(column, row) / pivot.abs()
