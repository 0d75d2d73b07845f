# Right: Jᵀ w as the gradient of the number ⟨fz, w⟩.
def adjoint_matrix_free(fz, z, v, solver):
    def product(w):
        with torch.enable_grad():
            number = (fz * w.detach()).sum()
        (g,) = torch.autograd.grad(number, z, retain_graph=True, allow_unused=True)
        return torch.zeros_like(z, requires_grad=False) if g is None else g
    return solver(product, v)
