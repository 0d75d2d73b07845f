# Wrong: a small fixed number is added for safety; it outweighs G G^T once residuals are about 1e-9 long.
def anderson_weights(G, lam):
    B, m, n = G.shape
    eye = torch.eye(m)
    H = G @ G.transpose(1, 2)
    trace = H.diagonal(dim1=1, dim2=2).sum(1)[:, None, None]
    H = torch.where(trace > 0, H + (lam * trace / m + 1e-20) * eye, eye)
    y = torch.linalg.solve(H, torch.ones(B, m, 1))[:, :, 0]
    return y / y.sum(dim=1, keepdim=True)
