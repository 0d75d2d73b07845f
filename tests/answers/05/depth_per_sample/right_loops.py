# Right: plain loops over samples and calls
def depth_per_sample(result, tol):
    K, B = result.residuals.shape
    solved, settled = [], []
    for i in range(B):
        good = [k for k in range(K) if result.residuals[k, i].item() <= tol]
        solved.append(good[0] + 1 if good else K)
        k = K
        while k > 1 and result.answers[k - 2, i] == result.answers[K - 1, i]:
            k -= 1
        settled.append(k)
    return torch.tensor(solved, dtype=torch.int64), torch.tensor(settled, dtype=torch.int64)
