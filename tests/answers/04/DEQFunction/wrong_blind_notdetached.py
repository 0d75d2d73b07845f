# Violates: "call f on **detached leaves**, so that nothing reaches back into the caller's graph" (x = g(W) with W in params: W counted twice).
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
        z, *args = ctx.saved_tensors
        z = z.detach().requires_grad_()
        with torch.enable_grad():
            fz = ctx.f(z, *args)
        u = picard_adjoint(lambda w: torch.autograd.grad(fz, z, w, retain_graph=True)[0], v)
        wanted = [t for t in args if t.requires_grad]
        found = iter(torch.autograd.grad(fz, wanted, u, retain_graph=True, allow_unused=True))
        return (None, *[next(found) if t.requires_grad else None for t in args])


def deq_apply(f, x, params):
    return DEQFunction.apply(f, x, *params)
