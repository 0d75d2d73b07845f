# Wrong: inputs reach different equilibria without injection
def misconceptions():
    return {'a': False, 'b': True, 'c': False, 'd': False, 'e': True, 'f': False, 'g': False, 'h': False, 'i': True, 'j': False, 'k': True, 'l': False}
