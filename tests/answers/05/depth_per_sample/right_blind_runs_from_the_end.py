# right: lengths of runs by cumulative products, from the front and from the back
def depth_per_sample(result, tol):
    residuals, answers = result.residuals, result.answers
    K = residuals.shape[0]
    missed = ~(torch.isfinite(residuals) & (residuals <= tol))
    solved = (missed.long().cumprod(0).sum(0) + 1).clamp(max=K)
    tail = torch.eq(answers.flip(0), answers[K - 1]).long().cumprod(0).sum(0)
    return solved, K + 1 - tail
