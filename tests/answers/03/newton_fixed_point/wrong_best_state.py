# Wrong: returns the best state, not the last.
def newton_fixed_point(f, z0, tol=1e-10, max_iter=20):
    z, states, residuals = z0.clone(), [], []
    for k in range(max_iter + 1):
        fz = f(z)
        gap = torch.linalg.vector_norm(fz - z)
        states.append(z)
        residuals.append(gap / torch.linalg.vector_norm(fz) if gap > 0 else gap)
        if residuals[-1] <= tol:
            break
        z = z + torch.linalg.solve(torch.eye(len(z)) - torch.func.jacrev(f)(z), fz - z)
    residuals = torch.stack(residuals)
    return states[int(residuals.argmin())], residuals
