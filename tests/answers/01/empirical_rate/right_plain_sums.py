# Different: Python floats, (k, log r) as pairs, and the textbook sums.
def empirical_rate(residuals):
    values = residuals.tolist()
    floor = 1e-13 * max(values, default=0.0)
    pairs = [(k, math.log(v)) for k, v in enumerate(values) if v > floor]
    if len(pairs) < 2:
        raise ValueError("fewer than 2 entries lie above the floor")
    pairs = pairs[-max(2, (len(pairs) + 1) // 2) :]
    n = len(pairs)
    sx, sy = sum(k for k, _ in pairs), sum(y for _, y in pairs)
    sxx, sxy = sum(k * k for k, _ in pairs), sum(k * y for k, y in pairs)
    return math.exp((n * sxy - sx * sy) / (n * sxx - sx * sx))
