# Different: each append wraps the product it had.
class LowRank:
    def __init__(self, n, mem):
        self.room, self.rank = mem, 0
        self.mv = self.rmv = torch.neg

    def append(self, u, v):
        if self.rank >= self.room:
            raise RuntimeError("full")
        u, v, mv, rmv = u.clone(), v.clone(), self.mv, self.rmv
        self.mv = lambda x: mv(x) + u * torch.linalg.vecdot(v, x)[:, None]
        self.rmv = lambda x: rmv(x) + v * torch.linalg.vecdot(u, x)[:, None]
        self.rank += 1
