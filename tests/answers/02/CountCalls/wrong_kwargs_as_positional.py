# Wrong: keyword arguments are passed on by position, in the order they were written.
class CountCalls:
    def __init__(self, f):
        self.f = f
        self.calls = 0

    def __call__(self, *args, **kwargs):
        self.calls += 1
        return self.f(*args, *kwargs.values())
