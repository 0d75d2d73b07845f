# Different: every product is an einsum; the row is divided by the pivot before the outer product.
def sherman_morrison(Binv, u, v):
    column = torch.einsum("ij,j->i", Binv, u)
    row = torch.einsum("i,ij->j", v, Binv)
    pivot = 1 + torch.einsum("i,i->", row, u)
    if not pivot.abs() > 1e-10:
        raise ValueError("B + u vT has no safe inverse")
    return Binv - torch.einsum("i,j->ij", column, row / pivot)
