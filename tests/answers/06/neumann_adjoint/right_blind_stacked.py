# Right: all terms kept, summed at the end
from itertools import accumulate, repeat

def neumann_adjoint(matvec, v, k):
    if k < 0:
        raise ValueError(f"k = {k} is negative")
    terms = list(accumulate(repeat(None, k), lambda term, _: matvec(term), initial=v))
    return torch.stack(terms).sum(dim=0)
