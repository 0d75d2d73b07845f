# "both gaps shrink by about the spectral radius at every step" (e is denied)
def misconceptions():
    return {
        "a": True,
        "b": True,
        "c": False,
        "d": False,
        "e": False,
        "f": False,
        "g": False,
        "h": False,
        "i": True,
        "j": False,
        "k": True,
        "l": False,
    }
