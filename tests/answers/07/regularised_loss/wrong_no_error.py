# Wrong: takes any p.
def regularised_loss(task, penalty, gamma, p, generator):
    if torch.rand((), generator=generator).item() < p:
        return task + gamma / p * penalty()
    return task
