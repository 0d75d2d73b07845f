# Wrong: z moves on once and no more; from the third application on f is applied to the first output again.
def cobweb_points(f, z0, n):
    z = torch.tensor(float(z0))
    y = f(z)
    corners = [torch.stack([z, torch.zeros_like(z)]), torch.stack([z, y]), torch.stack([y, y])]
    for _ in range(n - 1):
        new = f(y)
        corners += [torch.stack([y, new]), torch.stack([new, new])]
    return torch.stack(corners)[: 2 * n + 1]
