# Wrong: detaches the value, so no gradient flows.
class CountCalls:
    def __init__(self, f):
        self.f = f
        self.calls = 0

    def __call__(self, *args, **kwargs):
        self.calls += 1
        value = self.f(*args, **kwargs)
        return value.detach() if isinstance(value, torch.Tensor) else value
