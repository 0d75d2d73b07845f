# Different: recursion instead of a loop, residuals as Python floats.
def fixed_point_iterate(f, z0, tol=1e-8, max_iter=100):
    def go(z, left):
        fz = f(z)
        same = torch.equal(fz, z)
        r = 0.0 if same else (torch.linalg.vector_norm(fz - z) / torch.linalg.vector_norm(fz)).item()
        if r <= tol or left == 1:
            return z, [r]
        last, rest = go(fz, left - 1)
        return last, [r, *rest]

    z, residuals = go(z0, max_iter) if max_iter > 0 else (z0, [])
    return z, torch.tensor(residuals)
