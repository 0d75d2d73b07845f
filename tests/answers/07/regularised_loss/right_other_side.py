# Right: compares with 1 - p.
def regularised_loss(task, penalty, gamma, p, generator):
    if not 0 < p <= 1:
        raise ValueError("p")
    skip = bool(torch.rand(1, generator=generator)[0] < 1 - p)
    loss = task
    if not skip:
        loss = loss + penalty() * gamma / p
    return loss
