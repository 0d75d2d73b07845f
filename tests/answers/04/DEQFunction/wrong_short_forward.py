# Wrong: thirty steps forward, whatever the map.
class DEQFunction(torch.autograd.Function):
    @staticmethod
    def forward(ctx, f, x, *params):
        z = torch.zeros_like(x)
        for _ in range(30):
            z = f(z, x, *params)
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
        u = picard_adjoint(lambda w: torch.autograd.grad(fz, z, w, retain_graph=True)[0], v)
        return None, *torch.autograd.grad(fz, inputs, u, allow_unused=True)


def deq_apply(f, x, params):
    return DEQFunction.apply(f, x, *params)
