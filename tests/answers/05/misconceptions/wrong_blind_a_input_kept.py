# "whatever is said only at the start is lost" (a is denied)
def misconceptions():
    return {
        "a": False,
        "b": True,
        "c": False,
        "d": False,
        "e": True,
        "f": False,
        "g": False,
        "h": False,
        "i": True,
        "j": False,
        "k": True,
        "l": False,
    }
