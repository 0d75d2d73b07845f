# Different: Newton's method for the root of g(z) = z - f(z), differentiating g itself.
def newton_fixed_point(f, z0, tol=1e-10, max_iter=20):
    def g(z):
        return z - f(z)

    def measure(z):
        fz = f(z)
        return torch.zeros((), dtype=z.dtype) if torch.equal(fz, z) else (fz - z).norm() / fz.norm()

    z, residuals = z0, [measure(z0)]
    for _ in range(max_iter):
        if residuals[-1] <= tol:
            break
        z = z - torch.linalg.solve(torch.func.jacrev(g)(z), g(z))
        residuals.append(measure(z))
    return z, torch.stack(residuals)
