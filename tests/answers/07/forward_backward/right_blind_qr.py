# right: one QR factorisation, a triangular back-substitution per call
def forward_backward(W, b, alpha):
    return lambda z: torch.clamp((1 - alpha) * z + alpha * (torch.einsum("ij,bj->bi", W, z) + b), min=0)


def peaceman_rachford(W, b, alpha):
    eye = torch.eye(W.shape[0], dtype=W.dtype, device=W.device)
    Q, R = torch.linalg.qr(eye + alpha * (eye - W))

    def reflect(u):
        y = torch.where(u > 0, u, -u)
        x = torch.linalg.solve_triangular(R.mT, (y + alpha * b) @ Q, upper=False, left=False)
        return 2 * x - y

    return reflect
