# Violates: "every gradient, of x and of each of params ... Some of them may need no gradient" (needs_input_grad read one place too early for params).
class DEQFunction(torch.autograd.Function):
    @staticmethod
    def forward(ctx, f, x, *params):
        z = iterate(lambda z: f(z, x, *params), torch.zeros_like(x))
        ctx.f = f
        ctx.save_for_backward(z, x, *params)
        return z

    @staticmethod
    def backward(ctx, v):
        if torch.is_grad_enabled():
            raise RuntimeError("no second derivative here")
        z, x, *params = [t.detach().requires_grad_() for t in ctx.saved_tensors]
        with torch.enable_grad():
            fz = ctx.f(z, x, *params)
        u = picard_adjoint(lambda w: torch.autograd.grad(fz, z, w, retain_graph=True)[0], v)
        gx, *gp = torch.autograd.grad(fz, [x, *params], u, allow_unused=True)
        gp = [g if ctx.needs_input_grad[1 + i] else None for i, g in enumerate(gp)]
        return (None, gx, *gp)


def deq_apply(f, x, params):
    return DEQFunction.apply(f, x, *params)
