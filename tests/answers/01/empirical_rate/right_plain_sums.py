# Different: Python floats and the textbook sums; of an odd number the smaller half is the last half (at least 2).
def empirical_rate(residuals):
    values = residuals.tolist()
    floor = 1e-13 * max(values, default=0.0)
    values = [v for v in values if v > floor]
    if len(values) < 2:
        raise ValueError("fewer than 2 entries lie above the floor")
    y = [math.log(v) for v in values[-max(2, len(values) // 2) :]]
    n = len(y)
    sx, sy = sum(range(n)), sum(y)
    sxx, sxy = sum(i * i for i in range(n)), sum(i * v for i, v in enumerate(y))
    return math.exp((n * sxy - sx * sy) / (n * sxx - sx * sx))
