# Wrong: large inputs are deep
def misconceptions():
    return {'a': True, 'b': True, 'c': False, 'd': False, 'e': True, 'f': False, 'g': False, 'h': False, 'i': True, 'j': True, 'k': True, 'l': False}
