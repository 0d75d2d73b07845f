# Wrong: an error of f comes out as a RuntimeError, whatever it was.
class CountCalls:
    def __init__(self, f):
        self.f = f
        self.calls = 0

    def __call__(self, *args, **kwargs):
        self.calls += 1
        try:
            return self.f(*args, **kwargs)
        except Exception as error:
            raise RuntimeError(f"call {self.calls} failed") from error
