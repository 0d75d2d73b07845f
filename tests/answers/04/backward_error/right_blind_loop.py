# right: sample by sample in plain Python, a row vector times J
def backward_error(J, v, tol):
    errors, counts = [], []
    for Jb, vb in zip(J, v):
        if not vb.any():
            errors.append(0.0)
            counts.append(1.0)
            continue
        star = torch.linalg.inv(torch.eye(len(vb)) - Jb).T @ vb
        u, k = vb, 1
        step = u @ Jb + vb
        while (step - u).norm() > tol * vb.norm():
            u, k = step, k + 1
            step = u @ Jb + vb
        errors.append(((u - star).norm() / star.norm()).item())
        counts.append(float(k))
    return torch.tensor(errors, dtype=v.dtype), torch.tensor(counts, dtype=v.dtype)
