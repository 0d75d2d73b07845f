# Different: a table of zeros filled by slices, each corner written from the one before it.
def cobweb_points(f, z0, n):
    table = torch.zeros(2 * n + 1, 2)
    table[0, 0] = z0
    for k in range(1, 2 * n + 1, 2):
        table[k, 0] = table[k - 1, 0]
        table[k, 1] = f(table[k - 1, 0])
        table[k + 1, :] = table[k, 1]
    return table
