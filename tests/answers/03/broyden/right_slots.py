# Different: the terms lie in slots of two fixed tensors (mem, B, n), with a counter; rows are masked by assignment.
def broyden(f, z0, mem=10, tol=1e-8, max_iter=100):
    U, V, used = z0.new_zeros(mem, *z0.shape), z0.new_zeros(mem, *z0.shape), 0

    def apply(left, right, x):
        return torch.einsum("rbn,rb->bn", left[:used], torch.einsum("rbn,bn->rb", right[:used], x)) - x

    z, answer, measured = z0, z0.clone(), []
    least = torch.full_like(z0[:, 0], float("inf"))
    done = torch.zeros_like(least, dtype=torch.bool)
    for k in range(max_iter):
        fz = f(z)
        g = fz - z
        r = torch.linalg.vector_norm(g, dim=1) / torch.linalg.vector_norm(fz, dim=1)
        r[(g == 0).all(1)] = 0.0
        measured.append(r)
        take = ~done & (r < least)
        answer[take], least[take] = z[take], r[take]
        done = done | (r <= tol)
        if done.all():
            break
        if k > 0:
            if used == mem:
                used = 0
            dz, dg = z - z_old, g - g_old
            Hdg, row = apply(U, V, dg), apply(V, U, dz)
            along = torch.einsum("bn,bn->b", dz, Hdg)
            fine = along.abs() > 1e-12 * torch.linalg.vector_norm(dz, dim=1) * torch.linalg.vector_norm(Hdg, dim=1)
            u = torch.zeros_like(z)
            u[fine] = (dz - Hdg)[fine] / along[fine, None]
            U[used], V[used] = u, row
            used += 1
        z_old, g_old, z = z, g, z - apply(U, V, g)
    return answer, torch.stack(measured)
