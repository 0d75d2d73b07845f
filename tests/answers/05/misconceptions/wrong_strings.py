# Wrong: strings in place of bools
def misconceptions():
    return {'a': 'True', 'b': 'True', 'c': 'False', 'd': 'False', 'e': 'True', 'f': 'False', 'g': 'False', 'h': 'False', 'i': 'True', 'j': 'False', 'k': 'True', 'l': 'False'}
