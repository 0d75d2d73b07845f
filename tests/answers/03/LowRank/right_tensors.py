# Different: two tensors (B, r, n) and batched products.
class LowRank:
    def __init__(self, n, mem):
        self.n, self.mem, self.U, self.V = n, mem, None, None

    @property
    def rank(self):
        return 0 if self.U is None else self.U.shape[1]

    def _apply(self, left, right, x):
        if left is None:
            return x.neg()
        return torch.einsum("brn,br->bn", left, torch.einsum("brn,bn->br", right, x)) - x

    def mv(self, x):
        return self._apply(self.U, self.V, x)

    def rmv(self, x):
        return self._apply(self.V, self.U, x)

    def append(self, u, v):
        if self.rank >= self.mem:
            raise RuntimeError("no room")
        u, v = u[:, None], v[:, None]
        self.U, self.V = (u, v) if self.U is None else (torch.cat([self.U, u], 1), torch.cat([self.V, v], 1))
