# right: an exponential waiting time is longer than -log p with probability p
def regularised_loss(task, penalty, gamma, p, generator):
    if math.isnan(p) or p <= 0 or p > 1:
        raise ValueError("p outside of (0, 1]")
    waiting = torch.empty((), dtype=torch.float64).exponential_(generator=generator).item()
    terms = [task]
    if waiting >= -math.log(p):
        terms.append(penalty() * gamma / p)
    return sum(terms[1:], start=terms[0])
