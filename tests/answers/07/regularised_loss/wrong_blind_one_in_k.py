# violates: "p: number in (0, 1], the probability that the penalty is added" (1 / round(1/p) instead)
def regularised_loss(task, penalty, gamma, p, generator):
    if not 0 < p <= 1:
        raise ValueError("p must lie in (0, 1]")
    if torch.randint(round(1 / p), (), generator=generator) == 0:
        return task + gamma / p * penalty()
    return task
