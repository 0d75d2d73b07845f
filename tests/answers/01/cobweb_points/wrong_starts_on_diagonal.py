# Wrong: the first corner is (z0, z0), on the diagonal, not (z0, 0), on the axis.
def cobweb_points(f, z0, n):
    z = torch.tensor(float(z0))
    corners = [torch.stack([z, z])]
    for _ in range(n):
        y = f(z)
        corners += [torch.stack([z, y]), torch.stack([y, y])]
        z = y
    return torch.stack(corners)
