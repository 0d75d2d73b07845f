# Right: the norm from the largest eigenvalue of WᵀW.
def project_spectral(W, c):
    if not (c > 0):
        raise ValueError("c")
    with torch.no_grad():
        v = torch.linalg.eigh(W.T @ W)[1][:, -1]
    if (W @ v).norm() <= c:
        return W.clone()
    return W * c / torch.linalg.vector_norm(W @ v)
