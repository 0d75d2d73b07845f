# Wrong: the square of the pivot is compared, so pivots up to 1e-5 raise.
def sherman_morrison(Binv, u, v):
    column, row = Binv @ u, v @ Binv
    pivot = 1 + v @ column
    if pivot**2 <= 1e-10:
        raise ValueError("B + u vT is singular or nearly so")
    return Binv - torch.outer(column, row) / pivot
