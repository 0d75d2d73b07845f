# violates: "Gradients flow to both."
def regularised_loss(task, penalty, gamma, p, generator):
    if not 0 < p <= 1:
        raise ValueError("p must lie in (0, 1]")
    if torch.rand((), generator=generator) < p:
        return task + gamma / p * penalty().detach()
    return task
