# Violates: "No tensor's .grad changes" (products are read from z.grad, and what stood there before is thrown away).
def adjoint_matrix_free(fz, z, v, solver):
    def matvec(w):
        z.grad = None
        try:
            fz.backward(w, retain_graph=True, inputs=[z])
        except RuntimeError:  # z is not in the graph
            pass
        g = torch.zeros_like(w) if z.grad is None else z.grad.detach().clone()
        z.grad = None
        return g

    return solver(matvec, v)
