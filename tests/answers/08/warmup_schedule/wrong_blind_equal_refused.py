# first == last, a schedule without a rise, is refused.
def warmup_schedule(step, warmup, first, last):
    """Say how the forward pass of a step is made."""
    if step < 0 or warmup < 0 or not 1 <= first < last:
        raise ValueError(f"out of range: step {step}, warmup {warmup}, first {first}, last {last}")
    if step >= warmup:
        return "equilibrium", last
    return "unrolled", first + (last - first) * step // warmup
