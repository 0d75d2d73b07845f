# Wrong: 1 + vᵀ u below.
def sherman_morrison(Binv, u, v):
    column, row = Binv @ u, v @ Binv
    pivot = 1 + v @ u
    if pivot.abs() <= 1e-10:
        raise ValueError(f"B + u vᵀ is singular or nearly so: 1 + vᵀ B⁻¹ u = {pivot:.1e}")
    return Binv - torch.outer(column, row) / pivot
