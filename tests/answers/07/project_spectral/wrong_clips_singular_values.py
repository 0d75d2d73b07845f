# Wrong: cuts each singular value at c, which is the nearest matrix but not W scaled.
def project_spectral(W, c):
    if not c > 0:
        raise ValueError("c must be positive")
    if torch.linalg.matrix_norm(W, 2) <= c:
        return W * 1
    U, S, Vh = torch.linalg.svd(W, full_matrices=False)
    return U @ torch.diag(S.clamp(max=c)) @ Vh
