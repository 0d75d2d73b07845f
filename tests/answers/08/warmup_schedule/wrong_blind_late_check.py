# first and last are looked at in the warm-up alone: after it a bad pair is not refused.
def warmup_schedule(step, warmup, first, last):
    """Say how the forward pass of a step is made."""
    if step < 0 or warmup < 0:
        raise ValueError("step and warmup must not be negative")
    if step >= warmup:
        return "equilibrium", last
    if not 1 <= first <= last:
        raise ValueError("1 <= first <= last must hold")
    return "unrolled", first + (last - first) * step // warmup
