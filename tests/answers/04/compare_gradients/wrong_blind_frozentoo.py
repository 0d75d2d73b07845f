# Violates: "all parameters of the cell that require one" (functional_call with every named parameter, frozen ones included).
def compare_gradients(cell, x, K):
    params = {name: p.detach() for name, p in cell.named_parameters()}
    f = lambda params, z: torch.func.functional_call(cell, params, (z, x))
    join = lambda grads: torch.cat([g.flatten() for g in grads.values()])
    z = iterate(lambda z: f(params, z), torch.zeros_like(x)).detach()
    _, Jt = torch.func.vjp(lambda z: f(params, z), z)
    with torch.no_grad():
        u = picard_adjoint(lambda w: Jt(w)[0], z)
    _, pull = torch.func.vjp(lambda params: f(params, z), params)
    g = join(pull(u)[0])

    def loss(params, k):
        z = torch.zeros_like(x)
        for _ in range(k):
            z = f(params, z)
        return z.square().sum() / 2

    errors = [(join(torch.func.grad(loss)(params, k)) - g).norm() / g.norm() for k in range(1, K + 1)]
    return torch.stack(errors).detach()
