# Right: materialize_grads makes the zeros.
def adjoint_matrix_free(fz, z, v, solver):
    with torch.no_grad():
        return solver(lambda w: torch.autograd.grad(fz, z, w, retain_graph=True, allow_unused=True, materialize_grads=True)[0], v)
