# Wrong: the incoming gradient of all but the first sample is dropped.
def adjoint_matrix_free(fz, z, v, solver):
    def matvec(w):
        out = torch.autograd.grad(fz, z, w, retain_graph=True, allow_unused=True, materialize_grads=True)[0]
        return torch.cat([out[:1], 0 * out[1:]])
    return solver(matvec, v)
