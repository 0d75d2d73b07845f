# Wrong: its own Picard iteration in the place of the solver.
def adjoint_matrix_free(fz, z, v, solver):
    vjp = lambda w: torch.autograd.grad(fz, z, w, retain_graph=True, allow_unused=True, materialize_grads=True)[0]
    u = v
    for _ in range(2000):
        u = vjp(u) + v
    return u
