# Wrong: raises another error.
def sherman_morrison(Binv, u, v):
    column, row = Binv @ u, v @ Binv
    pivot = 1 + v @ column
    if pivot.abs() <= 1e-10:
        raise ArithmeticError(f"B + u vᵀ is singular or nearly so: 1 + vᵀ B⁻¹ u = {pivot:.1e}")
    return Binv - torch.outer(column, row) / pivot
