# Violates the intro: "that your code leaves its inputs ... alone" (None in the caller's lists becomes zeros)
def gradient_quality(a, b):
    if len(a) != len(b):
        raise ValueError("lists of different length")
    for i in range(len(a)):
        if a[i] is None and b[i] is None:
            a[i] = b[i] = torch.zeros(())
        elif a[i] is None:
            a[i] = torch.zeros_like(b[i])
        elif b[i] is None:
            b[i] = torch.zeros_like(a[i])
        if a[i].shape != b[i].shape:
            raise ValueError("different shapes")
    x = torch.cat([t.detach().double().flatten() for t in a])
    y = torch.cat([t.detach().double().flatten() for t in b])
    if not x.any():
        return 0.0, 0.0
    return (x @ y / (x.norm() * y.norm())).item(), (x.norm() / y.norm()).item()
