# Wrong: an error of f is caught and None returned.
class CountCalls:
    def __init__(self, f):
        self.f = f
        self.calls = 0

    def __call__(self, *args, **kwargs):
        self.calls += 1
        try:
            return self.f(*args, **kwargs)
        except Exception:
            return None
