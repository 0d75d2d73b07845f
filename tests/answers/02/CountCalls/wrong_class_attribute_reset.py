# Wrong: the count lives in the class and every new counter sets it back to 0 for all.
class CountCalls:
    def __init__(self, f):
        self.f = f
        CountCalls.calls = 0

    def __call__(self, *args, **kwargs):
        CountCalls.calls += 1
        return self.f(*args, **kwargs)
