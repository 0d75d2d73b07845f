# Wrong: no node at all; autograd records every step.
class DEQFunction(torch.autograd.Function):
    @staticmethod
    def forward(ctx, f, x, *params):
        return x

    @staticmethod
    def backward(ctx, v):
        return v


def deq_apply(f, x, params):
    z = torch.zeros_like(x)
    return iterate(lambda z: f(z, x, *params), z)
