# Wrong: z is not moved on after the second application onwards; f is always applied to the first output.
def cobweb_points(f, z0, n):
    z = torch.tensor(float(z0))
    y = f(z)
    corners = [torch.stack([z, torch.zeros_like(z)]), torch.stack([z, y]), torch.stack([y, y])]
    for _ in range(n - 1):
        new = f(y)
        corners += [torch.stack([y, new]), torch.stack([new, new])]
    return torch.stack(corners)[: 2 * n + 1]
