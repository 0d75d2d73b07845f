# Right: batched matrix products
def shine_adjoint(H, v):
    U, V = H
    weights = torch.bmm(U, v.unsqueeze(2))
    return torch.baddbmm(v.unsqueeze(2), V.transpose(1, 2), weights, alpha=-1).squeeze(2)
