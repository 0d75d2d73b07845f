# Wrong: takes the tolerance for the error.
def backward_error(J, v, tol):
    return torch.full((len(v),), tol), torch.full((len(v),), 4.0)
