# Different: no counter at all; one entry per call in a list, whose length is the count.
class CountCalls:
    def __init__(self, f):
        log = []

        def logged(*args, **kwargs):
            log.append(None)
            return f(*args, **kwargs)

        self._log, self._logged = log, logged

    def __call__(self, *args, **kwargs):
        return self._logged(*args, **kwargs)

    @property
    def calls(self):
        return len(self._log)
