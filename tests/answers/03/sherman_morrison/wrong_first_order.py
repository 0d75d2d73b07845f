# Wrong: the first terms of a series.
def sherman_morrison(Binv, u, v):
    if (1 + v @ Binv @ u).abs() <= 1e-10:
        raise ValueError("singular")
    T = torch.outer(Binv @ u, v)
    return Binv - T @ Binv + T @ T @ Binv
