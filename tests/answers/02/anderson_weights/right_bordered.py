# Different: weights and multiplier together, from the bordered (KKT) system in the sample's own unit.
def anderson_weights(G, lam):
    B, m, _ = G.shape
    length = G.flatten(1).norm(dim=1)
    U = G / torch.where(length > 0, length, torch.ones(B))[:, None, None]  # trace of U U^T is 1
    K = torch.zeros(B, m + 1, m + 1)
    K[:, :m, :m] = U @ U.mT + lam / m * torch.eye(m)
    K[length == 0, :m, :m] = torch.eye(m)
    K[:, :m, m] = K[:, m, :m] = 1
    right = torch.zeros(B, m + 1)
    right[:, m] = 1
    return torch.linalg.solve(K, right)[:, :m]
