# Wrong: counts after the call, so a call that raises is not counted.
class CountCalls:
    def __init__(self, f):
        self.f = f
        self.calls = 0

    def __call__(self, *args, **kwargs):
        value = self.f(*args, **kwargs)
        self.calls += 1
        return value
