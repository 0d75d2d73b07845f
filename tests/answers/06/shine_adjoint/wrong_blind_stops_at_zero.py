# Violates: "Terms may be zero." (leaves off at the first term that is zero in one sample, for all samples)
def shine_adjoint(H, v):
    U, V = H
    used = 0
    while used < U.shape[1] and (U[:, used] != 0).any(1).all():
        used += 1
    U, V = U[:, :used], V[:, :used]
    return v - ((U @ v[:, :, None]) * V).sum(1)
