# "An equilibrium exists all the same (... Brouwer's theorem)"; section 5: "A damped run gets there" (h is affirmed)
def misconceptions():
    return {
        "a": True,
        "b": True,
        "c": False,
        "d": False,
        "e": True,
        "f": False,
        "g": False,
        "h": True,
        "i": True,
        "j": False,
        "k": True,
        "l": False,
    }
