# Wrong: the loss depends on the solver
def misconceptions():
    return {'a': True, 'b': True, 'c': False, 'd': False, 'e': True, 'f': False, 'g': False, 'h': False, 'i': False, 'j': False, 'k': True, 'l': False}
