# Wrong: calls f a second time whenever the first value is a tensor, so f runs twice per count.
class CountCalls:
    def __init__(self, f):
        self.f = f
        self.calls = 0

    def __call__(self, *args, **kwargs):
        self.calls += 1
        if isinstance(self.f(*args, **kwargs), torch.Tensor):
            return self.f(*args, **kwargs)
        return None
