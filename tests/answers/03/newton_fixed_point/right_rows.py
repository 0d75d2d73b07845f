# Different: reverse mode, a row at a time, recursion instead of a loop.
def newton_fixed_point(f, z0, tol=1e-10, max_iter=20):
    def go(z, past):
        x = z.detach().clone().requires_grad_()
        y = f(x)
        y = y if y.requires_grad else y + 0 * x
        fz = y.detach()
        r = 0.0 if torch.equal(fz, z) else (torch.dist(fz, z) / fz.norm()).item()
        past = [*past, r]
        if r <= tol or len(past) == max_iter + 1:
            return z, torch.tensor(past)
        J = torch.stack([torch.autograd.grad(y[i], x, retain_graph=True)[0] for i in range(len(z))])
        return go(torch.linalg.solve(torch.eye(len(z)) - J, fz - J @ z), past)  # z + d solves (I - J) z' = f(z) - J z
    return go(z0, [])
