# Different: states flattened, a batched matrix product each for X and F, the shape put back at the end.
def anderson_mix(X, F, alpha, beta):
    def mix(V):
        return torch.bmm(alpha.unsqueeze(1), V.reshape(*V.shape[:2], -1)).reshape(V.shape[0], *V.shape[2:])

    return torch.lerp(mix(X), mix(F), beta)
