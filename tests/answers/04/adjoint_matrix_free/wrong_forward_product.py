# Wrong: J w in the place of Jᵀ w, by the double-VJP trick.
def adjoint_matrix_free(fz, z, v, solver):
    def matvec(w):
        with torch.enable_grad():
            dummy = torch.zeros_like(fz).requires_grad_()
            (g,) = torch.autograd.grad(fz, z, dummy, create_graph=True, allow_unused=True, materialize_grads=True)
            (out,) = torch.autograd.grad(g, dummy, w, retain_graph=True, allow_unused=True, materialize_grads=True)
        return out.detach()
    return solver(matvec, v)
