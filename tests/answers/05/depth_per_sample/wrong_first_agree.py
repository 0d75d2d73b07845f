# Wrong: the first call that gives the last answer
def depth_per_sample(result, tol):
    residuals, answers = result.residuals, result.answers
    K = len(residuals)
    call = torch.arange(1, K + 1)[:, None]
    solved = torch.where(residuals <= tol, call, K).amin(0)
    settled = torch.where(answers == answers[-1], call, K).amin(0)
    return solved, settled
