# Wrong: a backward tolerance of 1e-4.
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
            raise RuntimeError("first order only")
        z, *inputs = [t.detach().requires_grad_() for t in ctx.saved_tensors]
        with torch.enable_grad():
            fz = ctx.f(z, *inputs)
        u = iterate(lambda u: torch.autograd.grad(fz, z, u, retain_graph=True)[0] + v, v, tol=1e-4)
        return None, *torch.autograd.grad(fz, inputs, u, allow_unused=True)


def deq_apply(f, x, params):
    return DEQFunction.apply(f, x, *params)
