# Wrong: draws from a fresh generator each time.
def regularised_loss(task, penalty, gamma, p, generator):
    if not 0 < p <= 1:
        raise ValueError(f"p must lie in (0, 1], got {p!r}")
    if torch.rand((), generator=torch.Generator().manual_seed(0)).item() < p:
        return task + gamma / p * penalty()
    return task
