# Violates: "Exactly k calls of matvec, also where the terms vanish or grow." (stops at a term longer than v)
def neumann_adjoint(matvec, v, k):
    if k < 0:
        raise ValueError("k must be at least 0")
    u, term = v, v
    for _ in range(k):
        term = matvec(term)
        if term.norm() > v.norm():
            break  # the series diverges
        u = u + term
    return u
