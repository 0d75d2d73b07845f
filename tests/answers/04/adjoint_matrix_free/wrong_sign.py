# Wrong: the product has the wrong sign.
def adjoint_matrix_free(fz, z, v, solver):
    return solver(lambda w: -torch.autograd.grad(fz, z, w, retain_graph=True, allow_unused=True, materialize_grads=True)[0], v)
