# Different: counts after the call, in a finally block that an error passes through too.
class CountCalls:
    __slots__ = ("_wrapped", "calls")

    def __init__(self, f):
        self._wrapped = f
        self.calls = 0

    def __call__(self, *args, **kwargs):
        try:
            return self._wrapped(*args, **kwargs)
        finally:
            self.calls = self.calls + 1
