# Wrong: re-attaches one step and returns it without an adjoint.
class DEQFunction(torch.autograd.Function):
    @staticmethod
    def forward(ctx, f, x, *params):
        return x

    @staticmethod
    def backward(ctx, v):
        return v


def deq_apply(f, x, params):
    with torch.no_grad():
        z = iterate(lambda z: f(z, x, *params), torch.zeros_like(x))
    return f(z, x, *params)
