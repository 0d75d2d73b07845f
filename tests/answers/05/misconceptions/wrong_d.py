# Wrong: a DEQ saves memory at one call too
def misconceptions():
    return {'a': True, 'b': True, 'c': False, 'd': True, 'e': True, 'f': False, 'g': False, 'h': False, 'i': True, 'j': False, 'k': True, 'l': False}
