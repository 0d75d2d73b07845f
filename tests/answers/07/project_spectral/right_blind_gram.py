# right: the square root of the largest eigenvalue of the smaller Gram matrix, with a scale taken out first
def project_spectral(W, c):
    if math.isnan(c) or c <= 0:
        raise ValueError("c has to be positive")
    scale = W.detach().abs().amax()
    if scale == 0:
        return W + 0.0
    V = W / scale
    gram = V @ V.mT if V.shape[0] <= V.shape[1] else V.mT @ V
    norm = scale * torch.linalg.eigvalsh(gram)[-1].sqrt()
    factor = c / norm if norm.item() > c else torch.ones((), dtype=W.dtype)
    return W * factor
