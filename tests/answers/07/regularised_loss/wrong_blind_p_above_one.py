# violates: "ValueError: p not in (0, 1]."
def regularised_loss(task, penalty, gamma, p, generator):
    if not p > 0:
        raise ValueError("p must lie in (0, 1]")
    if torch.rand((), generator=generator) < p:
        return task + gamma / p * penalty()
    return task
