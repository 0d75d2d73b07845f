# "solved: the first call whose residual is <= tol"; a NaN only makes "such a call" meet none (cummin passes a NaN on to all later calls)
def depth_per_sample(result, tol):
    K = len(result.residuals)
    k = torch.arange(1, K + 1).unsqueeze(1)
    solved = (1 + (~(result.residuals.cummin(0).values <= tol)).sum(0)).clamp(max=K)
    settled = 1 + torch.where(result.answers != result.answers[-1], k, 0).amax(0)
    return solved, settled
