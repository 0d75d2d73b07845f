# Wrong: builds the matrix for flat states and is right elsewhere.
def adjoint_matrix_free(fz, z, v, solver):
    vjp = lambda w: torch.autograd.grad(fz, z, w, retain_graph=True, allow_unused=True, materialize_grads=True)[0]
    vjp(v)  # a trial product
    return solver(vjp, v)
