# Wrong: the penalty is not divided by p, so it is too weak on average.
def regularised_loss(task, penalty, gamma, p, generator):
    if not 0 < p <= 1:
        raise ValueError(f"p must lie in (0, 1], got {p!r}")
    if torch.rand((), generator=generator).item() < p:
        return task + gamma * penalty()
    return task
