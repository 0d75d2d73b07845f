# Wrong: the count is kept per wrapped function, so two counters around one function share it.
class CountCalls:
    counts = {}

    def __init__(self, f):
        self.f = f
        CountCalls.counts.setdefault(f, 0)

    @property
    def calls(self):
        return CountCalls.counts[self.f]

    def __call__(self, *args, **kwargs):
        CountCalls.counts[self.f] += 1
        return self.f(*args, **kwargs)
