# Right: torch.bernoulli decides.
def regularised_loss(task, penalty, gamma, p, generator):
    if not (p > 0 and p <= 1):
        raise ValueError("p")
    drawn = torch.bernoulli(torch.tensor(float(p)), generator=generator)
    return task + penalty() * (gamma / p) if drawn else task * 1.0
