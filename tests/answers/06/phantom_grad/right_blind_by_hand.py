# Right: a forward sweep that keeps k small graphs, and a reverse sweep by hand over them
def phantom_grad(f, z, params, v, k, tau):
    if k < 1 or not 0 < tau <= 1:
        raise ValueError("k >= 1 and 0 < tau <= 1, please")

    points, images, now = [], [], z.detach()
    leaves = [p.detach().requires_grad_() for p in params]
    for _ in range(k):
        with torch.enable_grad():
            point = now.clone().requires_grad_()
            image = f(point, *leaves)
        points.append(point)
        images.append(image)
        now = now + tau * (image.detach() - now)
    w, totals = v, [torch.zeros_like(leaf) for leaf in leaves]
    for point, image in zip(reversed(points), reversed(images)):
        Jw, *parts = torch.autograd.grad(image, [point, *leaves], tau * w, materialize_grads=True)
        totals = [t + p for t, p in zip(totals, parts)]
        w = (1 - tau) * w + Jw
    return tuple(totals)
