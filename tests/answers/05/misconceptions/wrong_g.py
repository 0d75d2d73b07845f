# Wrong: an RNN sees one input
def misconceptions():
    return {'a': True, 'b': True, 'c': False, 'd': False, 'e': True, 'f': False, 'g': True, 'h': False, 'i': True, 'j': False, 'k': True, 'l': False}
