# Wrong: hands f a tensor of shape (1,), where the docstring says that f takes a 0-d tensor.
def cobweb_points(f, z0, n):
    z = torch.tensor([float(z0)])
    corners = [torch.cat([z, torch.zeros(1)])]
    for _ in range(n):
        y = f(z)
        corners += [torch.cat([z, y]), torch.cat([y, y])]
        z = y
    return torch.stack(corners)
