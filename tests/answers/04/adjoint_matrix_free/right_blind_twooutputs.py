# right: z beside fz as a second output (with weight 0), so z is always in the graph and J = 0 is no special case
def adjoint_matrix_free(fz, z, v, solver):
    zero = torch.zeros_like(z)

    def pull(w):
        outputs, weights = [z], [zero]
        if fz.requires_grad:
            outputs, weights = [z, fz], [zero, w]
        with torch.no_grad():
            return torch.autograd.grad(outputs, [z], weights, retain_graph=True, create_graph=False)[0]

    with torch.no_grad():
        return solver(pull, v)
