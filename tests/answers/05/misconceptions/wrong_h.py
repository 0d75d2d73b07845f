# Wrong: no limit, no solution
def misconceptions():
    return {'a': True, 'b': True, 'c': False, 'd': False, 'e': True, 'f': False, 'g': False, 'h': True, 'i': True, 'j': False, 'k': True, 'l': False}
