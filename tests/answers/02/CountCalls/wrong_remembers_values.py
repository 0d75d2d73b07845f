# Wrong: remembers values by input and does not ask f again, which differs for a map with a state.
class CountCalls:
    def __init__(self, f):
        self.f = f
        self.calls = 0
        self.known = {}

    def __call__(self, *args, **kwargs):
        self.calls += 1
        key = (*map(id, args), *kwargs)
        if key not in self.known:
            self.known[key] = (args, self.f(*args, **kwargs))
        return self.known[key][1]
