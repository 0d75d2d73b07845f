# first = last is refused.
def warmup_schedule(step, warmup, first, last):
    """Say how the forward pass of a step is made.

    Args:
        step: int >= 0, the steps that are done.
        warmup: int >= 0, the number of unrolled steps.
        first, last: ints, 1 <= first < last, calls of the cell.

    Returns:
        ("unrolled", K) for the steps 0 to warmup - 1, where K rises evenly with the step: first plus the whole part of
        (last - first) * step / warmup, in exact arithmetic. From step `warmup` on ("equilibrium", last).

    Raises:
        ValueError: an argument out of its range.
    """
    if step < 0 or warmup < 0 or not 1 <= first < last:
        raise ValueError(f"need step, warmup >= 0 and 1 <= first < last, got {step}, {warmup}, {first}, {last}")
    if step >= warmup:
        return "equilibrium", last
    return "unrolled", first + (last - first) * step // warmup
