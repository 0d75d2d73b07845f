# Wrong: undecided ones are None
def misconceptions():
    return {'a': True, 'b': True, 'c': False, 'd': False, 'e': True, 'f': False, 'g': None, 'h': None, 'i': None, 'j': None, 'k': None, 'l': None}
