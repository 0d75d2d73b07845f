# right: plain loops over the samples
def depth_per_sample(result, tol):
    solved, settled = [], []
    for r, a in zip(result.residuals.T.tolist(), result.answers.T.tolist()):
        K = len(r)
        solved.append(next((i for i, value in enumerate(r, 1) if math.isfinite(value) and value <= tol), K))
        i = K
        while i > 1 and a[i - 2] == a[-1]:
            i -= 1
        settled.append(i)
    return torch.tensor(solved, dtype=torch.int64), torch.tensor(settled, dtype=torch.int64)
