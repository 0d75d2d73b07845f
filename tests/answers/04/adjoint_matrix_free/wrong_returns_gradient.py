# Wrong: one product too many, returns Jᵀ u.
def adjoint_matrix_free(fz, z, v, solver):
    vjp = lambda w: torch.autograd.grad(fz, z, w, retain_graph=True, allow_unused=True, materialize_grads=True)[0]
    return vjp(solver(vjp, v))
