# Wrong: memory grows with the solver's calls
def misconceptions():
    return {'a': True, 'b': True, 'c': True, 'd': False, 'e': True, 'f': False, 'g': False, 'h': False, 'i': True, 'j': False, 'k': True, 'l': False}
