# Violates: "your code leaves its inputs ... alone" (a.requires_grad_() stays switched on in the caller's tensor).
def scalar_sensitivity(a, b):
    with torch.no_grad():
        z = torch.zeros_like(b)
        for _ in range(1000):
            z = torch.tanh(a * z + b)
    a.requires_grad_()
    z.requires_grad_()
    fz = torch.tanh(a * z + b)
    df_dz, df_da = torch.autograd.grad(fz.sum(), (z, a))
    return df_da / (1 - df_dz)
