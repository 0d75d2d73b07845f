# Different: everything as (n, 1) matrices.
def sherman_morrison(Binv, u, v):
    U, Vt = u.reshape(-1, 1), v.reshape(1, -1)
    core = torch.eye(1) + Vt @ Binv @ U
    if core.abs().item() <= 1e-10:
        raise ValueError("singular")
    return Binv - Binv @ U @ (Vt @ Binv) / core
