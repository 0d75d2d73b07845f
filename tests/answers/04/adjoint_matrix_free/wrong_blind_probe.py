# Violates: "One backward pass through fz for each product, and no other" (one extra pass to see whether fz uses z).
def adjoint_matrix_free(fz, z, v, solver):
    (probe,) = torch.autograd.grad(fz, z, v, retain_graph=True, allow_unused=True)
    if probe is None:
        return solver(lambda w: torch.zeros_like(w), v)
    return solver(lambda w: torch.autograd.grad(fz, z, w, retain_graph=True)[0], v)
