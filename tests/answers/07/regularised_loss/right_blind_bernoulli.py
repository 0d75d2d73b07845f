# right: a Bernoulli draw
def regularised_loss(task, penalty, gamma, p, generator):
    if not 0 < p <= 1:
        raise ValueError(f"p must lie in (0, 1], got {p}")
    add = torch.bernoulli(torch.tensor(float(p), dtype=torch.float64), generator=generator)
    return torch.add(task, penalty(), alpha=gamma / p) if add.item() == 1 else task
