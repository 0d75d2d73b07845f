# Wrong: frees the graph at the first product.
def adjoint_matrix_free(fz, z, v, solver):
    return solver(lambda w: torch.autograd.grad(fz, z, w, allow_unused=True, materialize_grads=True)[0], v)
