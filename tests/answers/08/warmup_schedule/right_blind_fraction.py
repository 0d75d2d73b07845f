# Exact fractions and floor, a table of conditions.
def warmup_schedule(step, warmup, first, last):
    """Say how the forward pass of a step is made."""
    from fractions import Fraction
    from math import floor

    for name, good in {"step": step >= 0, "warmup": warmup >= 0, "first": first >= 1, "last": last >= first}.items():
        if not good:
            raise ValueError(f"{name} is out of its range")
    unrolled = step < warmup
    return ("unrolled", floor(first + Fraction(step, warmup) * (last - first))) if unrolled else ("equilibrium", last)
