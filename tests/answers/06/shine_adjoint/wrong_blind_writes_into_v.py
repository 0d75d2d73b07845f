# Violates the intro: "that your code leaves its inputs ... alone" (v is overwritten)
def shine_adjoint(H, v):
    U, V = H
    weights = torch.einsum("bmn,bn->bm", U, v)
    v -= torch.einsum("bm,bmn->bn", weights, V)
    return v
