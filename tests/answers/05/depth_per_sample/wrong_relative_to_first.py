# Wrong: the tolerance is relative to the first residual
def depth_per_sample(result, tol):
    residuals, answers = result.residuals, result.answers
    K = len(residuals)
    call = torch.arange(1, K + 1)[:, None]
    solved = torch.where(residuals <= tol * residuals[0], call, K).amin(0)
    settled = torch.where(answers != answers[-1], call, 0).amax(0) + 1
    return solved, settled
