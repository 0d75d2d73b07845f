from fractions import Fraction

def warmup_schedule(step, warmup, first, last):
    if min(step, warmup) < 0 or first < 1 or first > last:
        raise ValueError(f"{step=} {warmup=} {first=} {last=}")
    if warmup > step:
        return ("unrolled", int(first + (last - first) * Fraction(step, warmup)))
    return ("equilibrium", last)
