# Right: two long float64 vectors of length 1
def gradient_quality(a, b):
    if len(a) != len(b):
        raise ValueError("a and b have different lengths")
    xs, ys = [], []
    for x, y in zip(a, b):
        if x is None and y is None:
            continue
        x = torch.zeros_like(y) if x is None else x
        y = torch.zeros_like(x) if y is None else y
        if x.shape != y.shape:
            raise ValueError(f"{tuple(x.shape)} against {tuple(y.shape)}")
        xs.append(x.detach().to(torch.float64).reshape(-1))
        ys.append(y.detach().to(torch.float64).reshape(-1))
    x, y = torch.cat(xs), torch.cat(ys)
    nx, ny = torch.linalg.vector_norm(x), torch.linalg.vector_norm(y)
    if nx == 0:
        return torch.zeros((), dtype=torch.float64), torch.zeros((), dtype=torch.float64)
    return torch.dot(x / nx, y / ny), nx / ny
