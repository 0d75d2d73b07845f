# Wrong: fails where f does not depend on z.
def adjoint_matrix_free(fz, z, v, solver):
    return solver(lambda w: torch.autograd.grad(fz, z, w, retain_graph=True)[0], v)
