# right: with a graph asked for, the adjoint is the equilibrium of another DEQFunction, so second derivatives come out right
class DEQFunction(torch.autograd.Function):
    @staticmethod
    def forward(ctx, f, x, *params):
        z = iterate(lambda z: f(z, x, *params), torch.zeros_like(x))
        ctx.save_for_backward(z, x, *params)
        ctx.f = f
        return z

    @staticmethod
    def backward(ctx, v):
        f, needs = ctx.f, ctx.needs_input_grad[1:]
        z, *args = ctx.saved_tensors
        if torch.is_grad_enabled():

            def linear(u, v, z, *args):
                return torch.func.vjp(lambda z: f(z, *args), z)[1](u)[0] + v

            u = DEQFunction.apply(linear, v, z, *args)
        else:
            z, args = z.detach(), [t.detach() for t in args]
            _, product = torch.func.vjp(lambda z: f(z, *args), z)
            u = picard_adjoint(lambda w: product(w)[0], v)

        def call(*some):
            some = iter(some)
            return f(z, *[next(some) if need else t for t, need in zip(args, needs)])

        _, pull = torch.func.vjp(call, *[t for t, need in zip(args, needs) if need])
        found = iter(pull(u))
        return (None, *[next(found) if need else None for need in needs])


def deq_apply(f, x, params):
    return DEQFunction.apply(f, x, *params)
