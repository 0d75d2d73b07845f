# Wrong: the penalty has no gradient.
def regularised_loss(task, penalty, gamma, p, generator):
    if not 0 < p <= 1:
        raise ValueError(f"p must lie in (0, 1], got {p!r}")
    if torch.rand((), generator=generator).item() < p:
        return task + gamma / p * penalty().detach()
    return task
