# Wrong: drops v when there are no terms.
def shine_adjoint(H, v):
    U, V = H
    terms = [V[:, j] * (U[:, j] * v).sum(1, keepdim=True) for j in range(U.shape[1])]
    return v - sum(terms) if terms else torch.zeros_like(v)
