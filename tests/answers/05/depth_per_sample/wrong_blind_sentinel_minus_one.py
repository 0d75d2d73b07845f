# "result.answers, int64 tensor" (a row of -1 stands for "no answer yet": for an answer of -1 from the start on, settled is 0)
def depth_per_sample(result, tol):
    K = len(result.residuals)
    k = torch.arange(1, K + 1).unsqueeze(1)
    before = torch.cat([torch.full_like(result.answers[:1], -1), result.answers[:-1]])
    solved = torch.where(result.residuals <= tol, k, K).amin(0)
    settled = torch.where(result.answers != before, k, 0).amax(0)
    return solved, settled
