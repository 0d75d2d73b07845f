# Violates: "neither it nor any product has a graph" (the products have one; only u is detached).
def adjoint_matrix_free(fz, z, v, solver):
    def matvec(w):
        (g,) = torch.autograd.grad(fz, z, w, create_graph=True, allow_unused=True)
        return torch.zeros_like(z) if g is None else g

    return solver(matvec, v).detach()
