# Wrong: a sample that is never done makes all K
def depth_per_sample(result, tol):
    residuals, answers = result.residuals, result.answers
    K = len(residuals)
    call = torch.arange(1, K + 1)[:, None]
    solved = torch.where(residuals <= tol, call, K).amin(0)
    settled = torch.where(answers != answers[-1], call, 0).amax(0) + 1
    solved = solved if (residuals <= tol).any(0).all() else torch.full_like(solved, K)
    return solved, settled
