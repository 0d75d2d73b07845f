# right: Jᵀ w is the gradient of the inner product <fz, w>
def adjoint_matrix_free(fz, z, v, solver):
    class Transposed:
        def __call__(self, w):
            with torch.enable_grad():
                inner = torch.sum(fz * w.detach())
            if not inner.requires_grad:
                return torch.zeros_like(v)
            return torch.autograd.grad(inner, z, retain_graph=True, materialize_grads=True)[0].detach()

    return solver(Transposed(), v.detach()).detach()
