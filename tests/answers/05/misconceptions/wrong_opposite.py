# Wrong: everything the other way round
def misconceptions():
    return {'a': False, 'b': False, 'c': True, 'd': True, 'e': False, 'f': True, 'g': True, 'h': True, 'i': False, 'j': True, 'k': False, 'l': True}
