# Wrong: keeps the states of 700 steps, always as many, so a slow map keeps no more than a fast one.
class DEQFunction(torch.autograd.Function):
    @staticmethod
    def forward(ctx, f, x, *params):
        ctx.f, ctx.states = f, [torch.zeros_like(x)]
        for _ in range(700):
            ctx.states.append(f(ctx.states[-1], x, *params))
        z = ctx.states[-1].clone()
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
