# "The answer settles long before the residual does" (k is denied)
def misconceptions():
    return {
        "a": True,
        "b": True,
        "c": False,
        "d": False,
        "e": True,
        "f": False,
        "g": False,
        "h": False,
        "i": True,
        "j": False,
        "k": False,
        "l": False,
    }
