# Violates: "by vector-Jacobian products alone" / "One backward pass through fz for each product, and no other" (builds J).
def adjoint_matrix_free(fz, z, v, solver):
    n = v[0].numel()
    rows = []
    for i in range(n):
        pick = torch.zeros_like(fz)
        pick.view(len(v), n)[:, i] = 1
        (g,) = torch.autograd.grad(fz, z, pick, retain_graph=True, allow_unused=True)
        rows.append(torch.zeros_like(v).flatten(1) if g is None else g.flatten(1))
    J = torch.stack(rows, dim=1)  # (B, n, n)
    return solver(lambda w: torch.einsum("bij,bi->bj", J, w.flatten(1)).view_as(w), v)
