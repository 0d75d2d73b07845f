# Wrong: n = 0 still applies f once: the first application is written before the loop and never taken back.
def cobweb_points(f, z0, n):
    z = torch.tensor(float(z0))
    y = f(z)
    corners = [torch.stack([z, torch.zeros_like(z)]), torch.stack([z, y]), torch.stack([y, y])]
    for _ in range(n - 1):
        z, y = y, f(y)
        corners += [torch.stack([z, y]), torch.stack([y, y])]
    return torch.stack(corners)
