# Right: from two strings
def misconceptions():
    return dict.fromkeys("cdfghjl", False) | dict.fromkeys("abeik", True)
