# Wrong: no node; autograd records 700 steps, always as many, so a slow map keeps no more than a fast one.
class DEQFunction(torch.autograd.Function):
    pass


def deq_apply(f, x, params):
    z = torch.zeros_like(x)
    for _ in range(700):
        z = f(z, x, *params)
    return z
