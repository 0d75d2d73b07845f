# Wrong: calls the solver twice, to refine.
def adjoint_matrix_free(fz, z, v, solver):
    vjp = lambda w: torch.autograd.grad(fz, z, w, retain_graph=True, allow_unused=True, materialize_grads=True)[0]
    u = solver(vjp, v)
    return u + solver(vjp, vjp(u) + v - u)
