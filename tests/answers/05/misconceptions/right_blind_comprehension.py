# right: the true ones named, the rest false
def misconceptions():
    true = set("abeik")
    return {letter: letter in true for letter in "abcdefghijkl"}
