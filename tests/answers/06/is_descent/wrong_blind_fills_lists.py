# Violates the intro: "that your code leaves its inputs ... alone" (None in the caller's lists becomes zeros)
def is_descent(a, b, margin=0.0):
    for i, (x, y) in enumerate(zip(a, b)):
        if x is None and y is None:
            a[i] = b[i] = torch.zeros(())
        elif x is None:
            a[i] = torch.zeros_like(y)
        elif y is None:
            b[i] = torch.zeros_like(x)
    p = torch.cat([x.detach().double().flatten() for x in a])
    q = torch.cat([y.detach().double().flatten() for y in b])
    return bool(p @ q > margin * p.norm() * q.norm())
