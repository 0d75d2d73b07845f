# Right: the gradient of an inner product.
def adjoint_matrix_free(fz, z, v, solver):
    flat = v.detach()
    def product(w):
        with torch.enable_grad():
            g = torch.autograd.grad([fz], [z], grad_outputs=[w.detach()], retain_graph=True, create_graph=False, allow_unused=True)[0]
        return z.detach() * 0 if g is None else g.detach()
    return solver(product, flat).detach()
