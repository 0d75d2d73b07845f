# Wrong: fz.backward on the caller's leaves, and the gradients returned as well.
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
        z, *inputs = ctx.saved_tensors
        z = z.detach().requires_grad_()
        with torch.enable_grad():
            fz = ctx.f(z, *inputs)
        u = picard_adjoint(lambda w: torch.autograd.grad(fz, z, w, retain_graph=True)[0], v)
        leaves = [t for t in inputs if t.requires_grad and t.is_leaf]
        if fz.requires_grad and leaves:
            fz.backward(u, inputs=leaves, retain_graph=True)
        wanted = [t for t in inputs if t.requires_grad]
        found = iter(torch.autograd.grad(fz, wanted, u, allow_unused=True))
        return None, *[next(found) if t.requires_grad else None for t in inputs]


def deq_apply(f, x, params):
    return DEQFunction.apply(f, x, *params)
