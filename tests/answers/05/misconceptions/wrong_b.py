# Wrong: a residual that is small proves one equilibrium
def misconceptions():
    return {'a': True, 'b': False, 'c': False, 'd': False, 'e': True, 'f': False, 'g': False, 'h': False, 'i': True, 'j': False, 'k': True, 'l': False}
