# Right: the graph of the one call is built in forward and kept on ctx.
class DEQFunction(torch.autograd.Function):
    @staticmethod
    def forward(ctx, f, x, *params):
        with torch.no_grad():
            z = iterate(lambda z: f(z, x, *params), torch.zeros_like(x))
        leaf, inputs = z.detach().clone().requires_grad_(), [t.detach().clone().requires_grad_() for t in (x, *params)]
        with torch.enable_grad():
            ctx.graph = f(leaf, *inputs), leaf, inputs
        return z

    @staticmethod
    def backward(ctx, v):
        if torch.is_grad_enabled():
            raise RuntimeError("first order only")
        fz, leaf, inputs = ctx.graph
        pull = lambda w: torch.autograd.grad(fz, leaf, w, retain_graph=True)[0]
        u = picard_adjoint(pull, v)
        return (None, *torch.autograd.grad(fz, inputs, u, retain_graph=True, allow_unused=True))


def deq_apply(f, x, params):
    return DEQFunction.apply(f, x, *params)
