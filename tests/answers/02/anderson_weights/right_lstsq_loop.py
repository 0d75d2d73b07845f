# Different: sample by sample, no Gram matrix; least squares over the differences, with the ridge as extra rows.
def anderson_weights(G, lam):
    rows = []
    for g in G:
        m = len(g)
        if m == 1 or not g.any():
            rows.append(torch.full((m,), 1 / m))
            continue
        unit = g / g.square().sum().div(m).sqrt()
        C = torch.cat([unit.T, math.sqrt(lam) * torch.eye(m)])  # minimise |C alpha|
        N = torch.eye(m)[:, :-1] - torch.eye(m)[:, 1:]  # its columns sum to 0
        last = torch.eye(m)[:, -1]
        gamma = torch.linalg.lstsq(C @ N, -(C @ last)[:, None]).solution[:, 0]
        rows.append(last + N @ gamma)
    return torch.stack(rows)
