# Wrong: forms every u vᵀ when it multiplies.
class LowRank:
    def __init__(self, n, mem):
        self.n, self.mem, self.rank, self.terms = n, mem, 0, []

    def mv(self, x):
        y = -x
        for u, v in self.terms:
            if self.n > 5000:
                raise ValueError("too large to try in a test")
            y = y + (torch.einsum("bi,bj->bij", u, v) @ x[:, :, None])[:, :, 0]
        return y

    def rmv(self, x):
        y = -x
        for u, v in self.terms:
            y = y + (torch.einsum("bi,bj->bij", v, u) @ x[:, :, None])[:, :, 0]
        return y

    def append(self, u, v):
        if self.rank == self.mem:
            raise RuntimeError("full")
        self.terms, self.rank = [*self.terms, (u, v)], self.rank + 1
