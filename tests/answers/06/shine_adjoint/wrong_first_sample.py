# Wrong: the first sample's factors for all.
def shine_adjoint(H, v):
    U, V = H
    return v - (v @ U[0].T) @ V[0]
