# Violates: "solved directly, not by iteration" / "J may be large: nothing is said about contraction" (Neumann series).
def adjoint_dense(J, v):
    u, term = v, v
    for _ in range(1000):
        term = torch.einsum("bji,bj->bi", J, term)
        if term.norm() > 1e100:
            break
        u = u + term
    return u
