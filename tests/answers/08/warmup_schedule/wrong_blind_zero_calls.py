# first = 0, a step without a call, is not refused.
def warmup_schedule(step, warmup, first, last):
    """Say how the forward pass of a step is made."""
    if step < 0 or warmup < 0 or not 0 <= first <= last:
        raise ValueError(f"out of range: step {step}, warmup {warmup}, first {first}, last {last}")
    if step >= warmup:
        return "equilibrium", last
    return "unrolled", first + (last - first) * step // warmup
