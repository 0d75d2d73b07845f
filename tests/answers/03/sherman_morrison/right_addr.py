# Different: the rank-one term is added by torch.addr, the row comes from the transpose.
def sherman_morrison(Binv, u, v):
    column, row = Binv.mv(u), Binv.T.mv(v)
    pivot = 1.0 + torch.dot(v, column)
    if torch.abs(pivot).item() <= 1e-10:
        raise ValueError("B + u vT is singular or too near it")
    return torch.addr(Binv, -column / pivot, row)
