# Wrong: clears z.grad, which may have held something.
def adjoint_matrix_free(fz, z, v, solver):
    def matvec(w):
        z.grad = None
        fz.backward(w, retain_graph=True, inputs=[z])
        out, z.grad = z.grad, None
        return torch.zeros_like(z) if out is None else out
    return solver(matvec, v)
