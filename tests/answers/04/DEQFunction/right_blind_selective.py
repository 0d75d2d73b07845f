# right: refuses a second derivative; undefined gradients stay undefined; differentiates only what is asked for
class DEQFunction(torch.autograd.Function):
    @staticmethod
    def forward(ctx, f, x, *params):
        ctx.set_materialize_grads(False)
        ctx.f = f
        z = iterate(lambda z: f(z, x, *params), torch.zeros_like(x))
        ctx.save_for_backward(*params, x, z)
        return z

    @staticmethod
    def backward(ctx, v):
        if torch.is_grad_enabled():
            raise RuntimeError("DEQFunction gives first derivatives only; do not use create_graph=True")
        grads = [None] * len(ctx.needs_input_grad)
        if v is None:
            return tuple(grads)
        *params, x, z = ctx.saved_tensors
        leaves = {0: z.detach().requires_grad_()}
        for place, tensor in enumerate([x, *params], start=1):
            leaves[place] = tensor.detach()
            if ctx.needs_input_grad[place]:
                leaves[place].requires_grad_()
        with torch.enable_grad():
            fz = ctx.f(*leaves.values())

        def pull(w, places, keep=True):
            tensors = [leaves[p] for p in places]
            return torch.autograd.grad(fz, tensors, w, retain_graph=keep, materialize_grads=True)

        u = iterate(lambda u: pull(u, [0])[0] + v, torch.zeros_like(v))
        places = [p for p in leaves if p > 0 and leaves[p].requires_grad]
        for place, g in zip(places, pull(u, places, keep=False)):
            grads[place] = g
        return tuple(grads)


def deq_apply(f, x, params):
    return DEQFunction.apply(f, x, *params)
