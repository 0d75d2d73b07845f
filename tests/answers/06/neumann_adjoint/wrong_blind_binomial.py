# Violates: "u_k = Σ_{i ≤ k} (Jᵀ)ⁱ v" (computes (I + Jᵀ)ᵏ v; the same for k = 0, 1)
def neumann_adjoint(matvec, v, k):
    if k < 0:
        raise ValueError("k must be at least 0")
    u = v
    for _ in range(k):
        u = u + matvec(u)
    return u
