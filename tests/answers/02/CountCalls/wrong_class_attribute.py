# Wrong: the count lives in the class, so all counters share it.
class CountCalls:
    calls = 0

    def __init__(self, f):
        self.f = f

    def __call__(self, *args, **kwargs):
        CountCalls.calls += 1
        return self.f(*args, **kwargs)
