# "With one call it saves nothing: ours ties, and deqlib's keeps more" (d is affirmed)
def misconceptions():
    return {
        "a": True,
        "b": True,
        "c": False,
        "d": True,
        "e": True,
        "f": False,
        "g": False,
        "h": False,
        "i": True,
        "j": False,
        "k": True,
        "l": False,
    }
