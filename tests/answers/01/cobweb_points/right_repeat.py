# Different: the orbit first, then each state repeated twice and the two columns shifted against each other.
def cobweb_points(f, z0, n):
    orbit = [torch.tensor(float(z0))]
    for _ in range(n):
        orbit.append(f(orbit[-1]))
    twice = torch.stack(orbit).repeat_interleave(2)
    points = torch.stack([twice[:-1], twice[1:]], dim=1)
    points[0, 1] = 0.0
    return points
