# Wrong: records a graph of every product.
def adjoint_matrix_free(fz, z, v, solver):
    return solver(lambda w: torch.autograd.grad(fz, z, w, create_graph=True, allow_unused=True, materialize_grads=True)[0], v)
