# Wrong: the coordinates are (vertical, horizontal), the picture mirrored at the diagonal.
def cobweb_points(f, z0, n):
    z = torch.tensor(float(z0))
    corners = [(0.0, z.item())]
    for _ in range(n):
        y = f(z)
        corners += [(y.item(), z.item()), (y.item(), y.item())]
        z = y
    return torch.tensor(corners)
