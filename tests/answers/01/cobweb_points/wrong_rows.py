# Wrong: two rows of 2n + 1 numbers reshaped, not transposed, to (2n + 1, 2): the pairs are mixed up.
def cobweb_points(f, z0, n):
    z = torch.tensor(float(z0))
    horizontal, vertical = [z.item()], [0.0]
    for _ in range(n):
        y = f(z)
        horizontal += [z.item(), y.item()]
        vertical += [y.item(), y.item()]
        z = y
    return torch.tensor([horizontal, vertical]).reshape(2 * n + 1, 2)
