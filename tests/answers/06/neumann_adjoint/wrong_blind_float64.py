# Violates: "u_k, of v's shape and dtype"
def neumann_adjoint(matvec, v, k):
    if k < 0:
        raise ValueError("k must be at least 0")
    total, term = v.double(), v
    for _ in range(k):
        term = matvec(term)
        total = total + term
    return total
