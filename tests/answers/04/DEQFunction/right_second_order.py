# Right: the adjoint is a node of its own, so a second derivative comes out right.
class DEQFunction(torch.autograd.Function):
    @staticmethod
    def forward(ctx, f, x, *params):
        z = iterate(lambda z: f(z, x, *params), torch.zeros_like(x))
        ctx.f = f
        ctx.save_for_backward(z, x, *params)
        return z

    @staticmethod
    def backward(ctx, v):
        f = ctx.f
        z, x, *params = ctx.saved_tensors
        if not torch.is_grad_enabled():
            z, *inputs = [t.detach().requires_grad_() for t in (z, x, *params)]
            with torch.enable_grad():
                fz = f(z, *inputs)
            u = picard_adjoint(lambda w: torch.autograd.grad(fz, z, w, retain_graph=True)[0], v)
            return None, *torch.autograd.grad(fz, inputs, u, allow_unused=True)

        def affine(u, v, z, x, *params):
            with torch.enable_grad():
                z = z if z.requires_grad else z.detach().requires_grad_()
                return torch.autograd.grad(f(z, x, *params), z, u, create_graph=torch.is_grad_enabled())[0] + v

        u = DEQFunction.apply(affine, v, z, x, *params)
        # one call at z as a function of z, x and the parameters, pulled by u
        leaf = [t.view_as(t) if t.requires_grad else t.detach().requires_grad_() for t in (x, *params)]
        fz = f(z.view_as(z), *leaf)
        return None, *torch.autograd.grad(fz, leaf, u, create_graph=True, allow_unused=True)


def deq_apply(f, x, params):
    return DEQFunction.apply(f, x, *params)
