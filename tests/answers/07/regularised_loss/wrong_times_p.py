# Wrong: always adds p times the penalty: right on average, and dear.
def regularised_loss(task, penalty, gamma, p, generator):
    if not 0 < p <= 1:
        raise ValueError(f"p must lie in (0, 1], got {p!r}")
    torch.rand((), generator=generator)
    return task + gamma * penalty()
