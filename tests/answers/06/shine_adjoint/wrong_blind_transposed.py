# Violates: "u = -Hᵀ v" (applies -H)
def shine_adjoint(H, v):
    U, V = H
    weights = (V * v[:, None]).sum(2)
    return v - (weights[:, :, None] * U).sum(1)
