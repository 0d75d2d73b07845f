# The weighted mean of first and last over a common denominator, by divmod.
def warmup_schedule(step, warmup, first, last):
    """Say how the forward pass of a step is made."""
    if min(step, warmup, first - 1, last - first) < 0:
        raise ValueError("an argument is out of its range")
    left = warmup - step
    if left <= 0:
        return ("equilibrium", last)
    calls, _ = divmod(first * left + last * step, warmup)
    return ("unrolled", calls)
