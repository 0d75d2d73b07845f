# Violates the intro: "that your code leaves its inputs ... alone" (v is overwritten)
def neumann_adjoint(matvec, v, k):
    if k < 0:
        raise ValueError("k must be at least 0")
    u = term = v
    for _ in range(k):
        term = matvec(term)
        u += term
    return u
