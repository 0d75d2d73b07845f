# Wrong: a normal draw in the place of a uniform one.
def regularised_loss(task, penalty, gamma, p, generator):
    if not 0 < p <= 1:
        raise ValueError(f"p must lie in (0, 1], got {p!r}")
    if torch.randn((), generator=generator).item() < p:
        return task + gamma / p * penalty()
    return task
