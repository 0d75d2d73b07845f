# Wrong: when one sample's residuals are all 0, the whole batch gets equal weights.
def anderson_weights(G, lam):
    B, m, n = G.shape
    eye = torch.eye(m)
    H = G @ G.transpose(1, 2)
    trace = H.diagonal(dim1=1, dim2=2).sum(1)[:, None, None]
    H = torch.where((trace > 0).all(), H + lam * trace / m * eye, eye)
    y = torch.linalg.solve(H, torch.ones(B, m, 1))[:, :, 0]
    return y / y.sum(dim=1, keepdim=True)
