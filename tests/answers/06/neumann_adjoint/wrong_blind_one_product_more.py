# Violates: "Exactly k calls of matvec" (k + 1 calls, the right sum)
def neumann_adjoint(matvec, v, k):
    if k < 0:
        raise ValueError("k must be at least 0")
    total, term = torch.zeros_like(v), v
    for _ in range(k + 1):
        total = total + term
        term = matvec(term)
    return total
