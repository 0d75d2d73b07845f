# Wrong: both corners of an application lie on the graph, (z0, z1) then (z1, z2); none on the diagonal.
def cobweb_points(f, z0, n):
    z = torch.tensor(float(z0))
    corners = [torch.stack([z, torch.zeros_like(z)])]
    for _ in range(n):
        y = f(z)
        corners += [torch.stack([z, y]), torch.stack([y, f(y)])]
        z = y
    return torch.stack(corners)
