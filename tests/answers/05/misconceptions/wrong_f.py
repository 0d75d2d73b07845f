# Wrong: a ResNet ties its weights
def misconceptions():
    return {'a': True, 'b': True, 'c': False, 'd': False, 'e': True, 'f': True, 'g': False, 'h': False, 'i': True, 'j': False, 'k': True, 'l': False}
