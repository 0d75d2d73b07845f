# Different: Python floats and a list of pairs, made into a tensor at the end.
def cobweb_points(f, z0, n):
    x, pairs = float(z0), [(float(z0), 0.0)]
    while len(pairs) < 2 * n + 1:
        y = f(torch.tensor(x)).item()
        pairs.append((x, y))
        pairs.append((y, y))
        x = y
    return torch.tensor(pairs)
