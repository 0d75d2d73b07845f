# "settled: the first call from which on all answers ... equal the answer at call K" (the number of changes + 1, not where the last one is)
def depth_per_sample(result, tol):
    K = len(result.residuals)
    k = torch.arange(1, K + 1).unsqueeze(1)
    solved = torch.where(result.residuals <= tol, k, K).amin(0)
    settled = 1 + (result.answers[1:] != result.answers[:-1]).sum(0)
    return solved, settled
