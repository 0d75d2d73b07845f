# Wrong: the row is (B⁻¹ v)ᵀ.
def sherman_morrison(Binv, u, v):
    column, row = Binv @ u, Binv @ v
    pivot = 1 + v @ column
    if pivot.abs() <= 1e-10:
        raise ValueError(f"B + u vᵀ is singular or nearly so: 1 + vᵀ B⁻¹ u = {pivot:.1e}")
    return Binv - torch.outer(column, row) / pivot
