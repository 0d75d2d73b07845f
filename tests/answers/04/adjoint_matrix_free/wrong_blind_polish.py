# Violates: "u, tensor (B, ...), what the solver returned" (one step u <- Jᵀ u + v of its own afterwards).
def adjoint_matrix_free(fz, z, v, solver):
    def matvec(w):
        (g,) = torch.autograd.grad(fz, z, w, retain_graph=True, allow_unused=True)
        return torch.zeros_like(z) if g is None else g

    u = solver(matvec, v)
    return matvec(u) + v
