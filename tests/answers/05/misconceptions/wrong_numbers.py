# Wrong: numbers in place of bools
def misconceptions():
    return {'a': 1, 'b': 1, 'c': 0, 'd': 0, 'e': 1, 'f': 0, 'g': 0, 'h': 0, 'i': 1, 'j': 0, 'k': 1, 'l': 0}
