# Wrong: every residual vector is scaled to length 1 first, and the weights are not scaled back.
def anderson_weights(G, lam):
    B, m, n = G.shape
    eye = torch.eye(m)
    size = G.norm(dim=2, keepdim=True)
    G = G / torch.where(size > 0, size, 1.0)
    H = G @ G.transpose(1, 2)
    trace = H.diagonal(dim1=1, dim2=2).sum(1)[:, None, None]
    H = torch.where(trace > 0, H + lam * trace / m * eye, eye)
    y = torch.linalg.solve(H, torch.ones(B, m, 1))[:, :, 0]
    return y / y.sum(dim=1, keepdim=True)
