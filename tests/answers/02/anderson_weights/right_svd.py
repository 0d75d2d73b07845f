# Different: the singular values of G instead of a solve; 1 = U U^T 1 is filtered by 1 / (s^2 + ridge).
def anderson_weights(G, lam):
    def one(g):
        m = g.shape[0]
        if torch.count_nonzero(g) == 0:
            return torch.ones(m) / m
        U, s, _ = torch.linalg.svd(g, full_matrices=True)
        energy = torch.zeros(m)
        energy[: len(s)] = (s / s[0]) ** 2
        y = U @ ((U.T @ torch.ones(m)) / (energy + lam * energy.mean()))
        return y / y.sum()

    return torch.stack([one(g) for g in G])
