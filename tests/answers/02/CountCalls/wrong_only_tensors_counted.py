# Wrong: counts only calls whose first positional argument is a tensor.
class CountCalls:
    def __init__(self, f):
        self.f = f
        self.calls = 0

    def __call__(self, *args, **kwargs):
        if args and isinstance(args[0], torch.Tensor):
            self.calls += 1
        return self.f(*args, **kwargs)
