# Different: bisection for the crossing of the two factors, in torch, between the zeros of the two.
def optimal_damping(lo, hi):
    if hi >= 1 or lo > hi:
        raise ValueError("no damping helps, or the interval is empty")
    ends = torch.tensor([1.0 - lo, 1.0 - hi], dtype=torch.float64)
    left, right = (1 / ends).tolist()
    for _ in range(200):
        beta = (left + right) / 2
        at_lo, at_hi = (1 - beta * ends).abs().tolist()
        left, right = (left, beta) if at_lo > at_hi else (beta, right)
    return beta, (1 - beta * ends).abs().max().item()
