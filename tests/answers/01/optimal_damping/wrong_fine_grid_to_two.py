# Wrong: an exact search, but over beta in (0, 2] only; for an interval close below 1 the best beta lies above 2.
def optimal_damping(lo, hi):
    if hi >= 1 or lo > hi:
        raise ValueError("need lo <= hi < 1")
    worst = lambda beta: max(abs(1 - beta * (1 - lo)), abs(1 - beta * (1 - hi)))
    a, b = 0.0, 2.0
    for _ in range(200):
        c, d = a + (b - a) / 3, b - (b - a) / 3
        a, b = (a, d) if worst(c) <= worst(d) else (c, b)
    return (a + b) / 2, worst((a + b) / 2)
