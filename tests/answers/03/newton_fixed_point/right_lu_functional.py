# Different: the Jacobian from torch.autograd.functional, the step from an LU factorization.
def newton_fixed_point(f, z0, tol=1e-10, max_iter=20):
    z, history = z0.clone(), torch.empty(max_iter + 1, dtype=z0.dtype)
    for k in range(max_iter + 1):
        fz = f(z)
        d = fz - z
        history[k] = d.norm() / fz.norm() if bool((d != 0).any()) else 0.0
        if k == max_iter or history[k] <= tol:
            return z, history[: k + 1]
        A = -torch.autograd.functional.jacobian(f, z)
        A.diagonal().add_(1)
        z = z + torch.linalg.lu_solve(*torch.linalg.lu_factor(A), d[:, None])[:, 0]
