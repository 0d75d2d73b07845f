# violates: "the decision is drawn from it [generator], anew in each call"
def regularised_loss(task, penalty, gamma, p, generator):
    if not 0 < p <= 1:
        raise ValueError("p must lie in (0, 1]")
    if torch.rand(()) < p:
        return task + gamma / p * penalty()
    return task
