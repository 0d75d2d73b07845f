# Different: a while loop that moves at the start of each round; norms by hand from flattened states, into a buffer.
def fixed_point_iterate(f, z0, tol=1e-8, max_iter=100):
    z = fz = z0.clone()
    residuals, calls, good = torch.empty(max_iter), 0, False
    while calls < max_iter and not good:
        z = fz
        fz = f(z)
        a, d = fz.reshape(-1), (fz - z).reshape(-1)
        gap, size = math.sqrt(d @ d), math.sqrt(a @ a)
        residuals[calls] = 0.0 if gap == 0 else math.inf if size == 0 else gap / size
        good = bool(residuals[calls] <= tol)
        calls += 1
    return z, residuals[:calls]
