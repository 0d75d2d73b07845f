# Wrong: all objects share their terms.
class LowRank:
    U, V = [], []

    def __init__(self, n, mem):
        self.mem, self.rank = mem, 0

    def mv(self, x):
        return -x + sum(u * (v * x).sum(1, keepdim=True) for u, v in zip(self.U, self.V))

    def rmv(self, x):
        return -x + sum(v * (u * x).sum(1, keepdim=True) for u, v in zip(self.U, self.V))

    def append(self, u, v):
        if self.rank == self.mem:
            raise RuntimeError("full")
        self.U.append(u), self.V.append(v)
        self.rank += 1
