# Wrong: gradients stay apart
def misconceptions():
    return {'a': True, 'b': True, 'c': False, 'd': False, 'e': False, 'f': False, 'g': False, 'h': False, 'i': True, 'j': False, 'k': True, 'l': False}
