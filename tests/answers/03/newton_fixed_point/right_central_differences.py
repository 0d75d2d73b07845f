# Different: central differences with a step in the unit of the state: accurate to ten digits.
def newton_fixed_point(f, z0, tol=1e-10, max_iter=20):
    z, out = z0, []
    while True:
        fz = f(z)
        g = fz - z
        out.append(torch.where(g.norm() == 0, 0.0, g.norm() / fz.norm()))
        if out[-1] <= tol or len(out) == max_iter + 1:
            return z, torch.stack(out)
        h = 3e-6 * max(z.abs().max().item(), fz.abs().max().item())
        J = torch.stack([(f(z + h * e) - f(z - h * e)) / (2 * h) for e in torch.eye(len(z))], dim=1)
        z = z - torch.linalg.solve(J - torch.eye(len(z)), g)
