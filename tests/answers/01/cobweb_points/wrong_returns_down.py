# Wrong: after the graph it goes to (z1, 0), back down to the axis, instead of across to the diagonal.
def cobweb_points(f, z0, n):
    z = torch.tensor(float(z0))
    zero = torch.zeros_like(z)
    corners = [torch.stack([z, zero])]
    for _ in range(n):
        y = f(z)
        corners += [torch.stack([z, y]), torch.stack([y, zero])]
        z = y
    return torch.stack(corners)
