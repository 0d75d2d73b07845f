# Violates: "Raises: ValueError: k < 0, before any product." (gives v)
def neumann_adjoint(matvec, v, k):
    u = v
    for _ in range(k):
        u = v + matvec(u)
    return u
