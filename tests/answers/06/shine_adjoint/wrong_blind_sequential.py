# Violates: "H = -I + Σ_j U[b, j] V[b, j]ᵀ" (a product of the terms instead of a sum: shows for m >= 2)
def shine_adjoint(H, v):
    U, V = H
    u = v
    for j in range(U.shape[1]):
        u = u - V[:, j] * (U[:, j] * u).sum(1, keepdim=True)
    return u
