# Right: a list of terms, summed at the end.
def neumann_adjoint(matvec, v, k):
    if k < 0:
        raise ValueError(f"k is {k}")
    terms = [v]
    while len(terms) <= k:
        terms.append(matvec(terms[-1]))
    return torch.stack(terms).sum(0)
