def warmup_schedule(step, warmup, first, last):
    for wrong in (step < 0, warmup < 0, first < 1, last < first):
        if wrong:
            raise ValueError("out of range")
    unrolled = step < warmup
    rise, _ = divmod((last - first) * min(step, warmup), warmup or 1)
    return ("unrolled", first + rise) if unrolled else ("equilibrium", last)
