# "For tanh(Wz + x) the small ones: 20 calls against 10." (j is affirmed)
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
        "j": True,
        "k": True,
        "l": False,
    }
