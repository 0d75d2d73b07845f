# Wrong: builds the matrix, one product for each entry, beside the solver's own.
def adjoint_matrix_free(fz, z, v, solver):
    vjp = lambda w: torch.autograd.grad(fz, z, w, retain_graph=True, allow_unused=True, materialize_grads=True)[0]
    B, n = z.shape[0], z[0].numel()
    eye = torch.eye(n).reshape(n, 1, *z.shape[1:])
    A = torch.stack([vjp(e.expand_as(z)).reshape(B, n) for e in eye], 2)
    return solver(lambda w: (A @ w.reshape(B, n, 1)).reshape(z.shape), v)
